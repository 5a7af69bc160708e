"""The kernels of a run's phases, each prepared for its tables (:mod:`agents.prepared`)."""

from typing import Any, NamedTuple

from agents.account import recount
from agents.audit import reconcile_all
from agents.exchange import charge_funding
from agents.prepared import Prepared
from model.capital import settle_capital
from model.cascade import liquidate
from model.market import price, shock
from model.record import write_step
from model.trading import trade


class Machine(NamedTuple):
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


def make_machine() -> Machine:
    """Return the kernels, prepared for one run."""
    kernels = shock, price, charge_funding, trade, liquidate, settle_capital, write_step, recount, reconcile_all
    return Machine(*map(Prepared, kernels))
