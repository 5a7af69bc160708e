"""The kernels of a run's phases, each prepared for its tables (:mod:`agents.core.fast_call`)."""

from typing import Any, NamedTuple

from agents.account.account import recount
from agents.core.audit import reconcile_all
from agents.core.fast_call import FastCall
from agents.exchange.exchange import charge_funding
from model.market.fee import settle_capital
from model.market.liquidation import liquidate
from model.market.market import price, shock
from model.market.order_clearing import trade
from model.measure.record import write_step


class PhaseKernels(NamedTuple):
    """What a step calls, in the order of events, and what reconciles rows with the ledger after a phase in Python."""

    shock: Any
    price: Any
    charge_funding: Any
    trade: Any
    liquidate: Any
    settle_capital: Any
    write_step: Any
    recount: Any
    reconcile_all: Any


def make_phase_kernels() -> PhaseKernels:
    """Return the kernels, prepared for one run."""
    kernels = shock, price, charge_funding, trade, liquidate, settle_capital, write_step, recount, reconcile_all
    return PhaseKernels(*map(FastCall, kernels))
