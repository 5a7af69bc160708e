"""What the acts of a step work on: tables, constants and the row of the tape.

Everything optional is None where a run does not have it: the compiler then leaves out what would work on it.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.core.column import bare
from agents.core.kernel import rule
from agents.core.ledger import Book
from agents.core.table import Accounts, Blocks, Exchanges, Keepers, Markets, Pools, Protocols, Providers, ValueFunds
from agents.exchange.keeper import Jobs
from agents.protocol.standby import Backing
from agents.trader.trader import Habit, Keys
from agents.trader.value_fund import Mandate
from model.market.control import ControlRule, Start
from model.market.fee import Terms
from model.market.liquidation import Tariff
from model.market.market import MarketRule
from model.price.tape import Tape

Array = np.ndarray


class Tables(NamedTuple):
    """The state that phases read and write."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    protocol: Protocols
    keepers: Keepers
    providers: Providers
    pool: Pools
    book: Book
    backing: Backing  # the structure's
    funds: ValueFunds | None  # value funds; None: there are none
    mood: "Mood | None"  # None: nobody listens to anybody
    rows: Array  # (rows,) room for lists of accounts
    jobs: Jobs  # room for one round's liquidations
    capacity: Array  # (keepers, protocols) USD left to each keeper
    ecosystem: Array  # (steps, 4) series, of model.measure.record
    asset: Array  # (steps, assets, 3)
    member: Array  # (steps, protocols, 16)
    rounds: Array  # (1,) int64, rounds of liquidations in the present step
    carried: Array  # (1,) bool, whether a debt was carried at the end of the last waterfall


class Mood(NamedTuple):
    """What protocols hear of one another (:mod:`model.market.confidence`)."""

    tied: Array  # (protocols, protocols) bool, whose failure alarms whom
    news: Array  # (protocols,) 1, >= 0, bad news that has not faded
    known: Array  # (protocols,) USD, uncovered loss up to the step before
    alarm: Array  # (protocols,) 1, >= 0
    strain: Array  # (protocols,) 1, >= 0


class Funding(NamedTuple):
    """Constants of the funding rate."""

    interest: float  # 1 per 8 h
    clamp: float  # 1 per 8 h
    cap: float  # 1 per 8 h
    minutes: float  # length of a step


class Nerves(NamedTuple):
    """Constants of confidence: weights and sensitivities of the scenario's sections."""

    minutes: float
    panic: bool
    volatility: float
    thin_fund: float
    neighbour: float
    unpaid: float
    half_life: float
    trader: float
    provider: float


class Auction(NamedTuple):
    """Constants of the value funds' auction."""

    mandate: Mandate
    value: Array  # (assets,) USD per contract
    supply: Array  # (assets,) contracts


class Adaptation(NamedTuple):
    """Constants of terms that follow fund health and volatility."""

    rules: ControlRule
    start: Start


class Constants(NamedTuple):
    """What does not change within a run, by the phase that needs it."""

    market: MarketRule
    habit: Habit
    keys: Keys
    tariff: Tariff
    capital: Terms
    funding: Funding
    fee: float  # 1, of trades
    auction: Auction | None
    nerves: Nerves | None
    adaptation: Adaptation | None
    resumes: bool  # whether halted protocols may trade again
    periods: tuple[int, int]  # steps between two settlements of regime and fallback, 0: none


class Shock(NamedTuple):
    """One row of the tape (:class:`model.price.tape.Tape`)."""

    log_return: Array  # (assets,)
    depth: Array  # (assets,)
    spread: Array  # (assets,)
    keeper: Array  # (protocols,)
    gas: float  # USD
    oracle_error: Array  # (protocols,)
    exploit: Array  # (protocols,) USD


@rule
def shock_of(tape: Tape, t: int) -> Shock:
    """Return the row of step `t`."""
    return Shock(
        tape.log_return[t],
        tape.depth[t],
        tape.spread[t],
        tape.keeper[t],
        tape.gas[t],
        tape.oracle_error[t],
        tape.exploit[t],
    )


def tables_of(ecosystem: Any) -> Tables:
    """Return the tables of an ecosystem: the same memory, as kernels take it."""
    tables, record, scratch = ecosystem.tables, ecosystem.record, ecosystem.scratch
    funds = ecosystem.value_investing.funds
    return Tables(
        accounts=ecosystem.accounts,
        **tables._asdict(),
        book=ecosystem.ledger.book,
        backing=ecosystem.structure.backing,
        funds=bare(funds) if len(funds) else None,
        mood=Mood(*ecosystem.confidence.mood) if ecosystem.confidence.active else None,
        rows=scratch.rows,
        jobs=scratch.jobs,
        capacity=scratch.capacity,
        ecosystem=record.ecosystem,
        asset=record.asset,
        member=record.protocol,
        rounds=np.zeros(1, np.int64),
        carried=np.zeros(1, np.bool_),
    )


def constants_of(ecosystem: Any) -> Constants:
    """Return the constants of an ecosystem."""
    scenario, rules, control = ecosystem.scenario, ecosystem.rules, ecosystem.control
    market, invested = scenario.market, ecosystem.value_investing
    auction = Auction(invested.mandate, invested.value, invested.supply) if len(invested.funds) else None
    return Constants(
        market=rules.market,
        habit=rules.habit,
        keys=rules.keys,
        tariff=rules.tariff,
        capital=rules.terms,
        funding=Funding(market.interest, market.funding_clamp, market.funding_cap, scenario.minutes),
        fee=scenario.exchange.trading_fee,
        auction=auction,
        nerves=Nerves(*ecosystem.confidence.nerves) if ecosystem.confidence.active else None,
        adaptation=Adaptation(control.rules, control.start) if control.adapts else None,
        resumes=ecosystem.contagion.resolution.resumes,
        periods=(ecosystem.regime.first.period, ecosystem.regime.fallback.period),
    )
