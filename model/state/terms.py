"""The constants of a run, derived once from the scenario, as kernels take them; and their scratch space and tables."""

from typing import Any, NamedTuple

import numpy as np

from agents.protocol.contribution import target_size
from agents.trader.trader import HABITS, Habit, Keys
from model.backstop.structure.base import Structure
from model.market.control import partial_rule
from model.market.fee import Terms
from model.market.liquidation import Tariff, make_jobs
from model.market.market import MarketRule, market_rule, per_step
from model.price.streams import Streams
from model.scenario import Scenario


class PhaseTerms(NamedTuple):
    """Constants by the phase that needs them."""

    market: MarketRule
    habit: Any  # agents.trader.trader.Habit
    keys: Any  # agents.trader.trader.Keys, of the traders' random numbers
    tariff: Any  # model.market.liquidation.Tariff, of liquidations
    terms: Any  # model.market.fee.Terms, of fees, premiums and providers


class KernelTables(NamedTuple):
    """The tables as kernels take them: the same memory as the record arrays of the same names."""

    blocks: Any
    exchange: Any
    market: Any
    protocol: Any
    keepers: Any
    providers: Any
    pool: Any


class Scratch(NamedTuple):
    """Room for lists that kernels make within a step."""

    rows: np.ndarray  # (rows,) traders who look at their account; later in the step, positions below maintenance margin
    jobs: Any  # model.market.liquidation.Jobs, one round's liquidations
    capacity: np.ndarray  # (keepers, protocols) USD left to each keeper


def make_phase_terms(scenario: Scenario, streams: Streams, structure: Structure) -> PhaseTerms:
    """Derive all constants of a run."""
    fees = scenario.exchange
    return PhaseTerms(
        market_rule(scenario),
        Habit(*(getattr(scenario.trader, name) for name in HABITS)),
        Keys(*(np.uint64(streams.key(f"trader.{name}")) for name in Keys._fields)),
        Tariff(
            fees.keeper_share,
            fees.liquidation_rounds,
            fees.surcharge,
            scenario.control.takeover or None,
            partial_rule(scenario),
        ),
        capital_terms(scenario, structure),
    )


def capital_terms(scenario: Scenario, structure: Structure) -> Terms:
    """Derive the constants of the capital phase."""
    provider, minutes = scenario.provider, scenario.minutes
    flat = structure.charges_premium and not (scenario.reinsurance.prices or scenario.choice.active)
    return Terms(
        scenario.exchange.fee_to_vault,
        scenario.exchange.fee_to_fund,
        np.full(len(structure.capital), float(structure.own_share)),
        structure.holds_capital,
        scenario.backstop.premium_rate if flat else 0.0,
        minutes,
        per_step(provider.withdrawal, minutes),
        per_step(provider.return_rate, minutes),
        provider.fund_sensitivity,
        structure.pot,
        target_size(scenario.fund.target_ratio, structure.paid_in),
        min(provider.vaults, scenario.protocol.number),
        provider.cooldown / minutes,
        per_step(provider.exit_rate, minutes),
        provider.wealth_sensitivity,
        np.zeros(scenario.protocol.number),
    )


def make_scratch(rows: int, keepers: int, protocols: int) -> Scratch:
    """Return the room a run of that size needs."""
    return Scratch(
        np.zeros(rows, np.int32),
        make_jobs(rows, keepers, protocols),
        np.zeros((keepers, protocols)),
    )
