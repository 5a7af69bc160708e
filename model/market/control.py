"""Risk controls at the end of a step: terms follow fund health and volatility, circuit breakers watch the price.

What is set here is in force from the next step on. Liquidation fee, margins and caps are the start's times or over the
tightening of :mod:`agents.exchange.control.tightening`; a leverage cap L asks for an initial margin 1/L, so the
initial margin in force is the greater of the margin requirement and the inverse of the cap. Maintenance margin
follows the margin requirement where the venue says so; else only new orders feel it.
"""

import math
from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline, rule
from agents.core.ledger import Book
from agents.core.table import Exchanges, Markets, Protocols
from agents.exchange.control.circuit_breaker import BreakerTerms, Watch, halt_trading, make_watch, watch_book
from agents.exchange.control.partial_liquidation import PartialRule
from agents.exchange.control.tightening import raised, tightening
from agents.protocol.standby import Backing, healths
from model.market.depth import stress
from model.scenario import Scenario

TERMS = ("fee", "margin", "leverage", "interest_cap")
SENSITIVITIES = [f"{term}_{to}" for term in TERMS for to in ("health", "volatility")]


class ControlRule(NamedTuple):
    """How terms follow fund health and volatility: the parameters of the scenario's control section of those names."""

    fee_health: float  # 1
    fee_volatility: float  # 1
    margin_health: float  # 1
    margin_volatility: float  # 1
    leverage_health: float  # 1
    leverage_volatility: float  # 1
    interest_cap_health: float  # 1
    interest_cap_volatility: float  # 1
    fee_bound: float  # 1, most that the liquidation fee becomes
    margin_bound: float  # 1, most that the initial margin becomes
    maintenance_follows: bool  # whether the maintenance margin is raised as the initial one is


class Start(NamedTuple):
    """Terms at the start, (listings,) each."""

    fee: np.ndarray  # 1, of liquidations
    margin: np.ndarray  # 1, initial
    maintenance: np.ndarray  # 1
    interest_cap: np.ndarray  # USD


class Adaptation(NamedTuple):
    """Constants of terms that follow fund health and volatility."""

    rules: ControlRule
    start: Start


@inline
def adjust_terms(
    exchange: Exchanges, market: Markets, protocol: Protocols, book: Book, backing: Backing, rules: ControlRule,
    start: Start,
) -> None:  # fmt: skip
    """Set every venue's terms from its fund health and its book's volatility.

    Parameters
    ----------
    exchange, market, protocol : tables of the run; the terms of `exchange` are written.
    book, backing : of ledger and structure, read.
    rules : sensitivities and bounds.
    start : terms at the start, (listings,) each.
    """
    healthy = healths(book.balance, protocol, backing)
    for i in range(exchange.shape[0]):
        k = exchange.book[i]
        health = healthy[exchange.protocol[i]]
        rough = stress(market.variance[k], market.normal_volatility[k])
        fee = tightening(health, rough, rules.fee_health, rules.fee_volatility)
        margin = tightening(health, rough, rules.margin_health, rules.margin_volatility)
        leverage = tightening(health, rough, rules.leverage_health, rules.leverage_volatility)
        cap = tightening(health, rough, rules.interest_cap_health, rules.interest_cap_volatility)
        exchange.liquidation_fee[i] = raised(start.fee[i], fee, rules.fee_bound)
        exchange.initial_margin[i] = raised(start.margin[i], max(margin, leverage), rules.margin_bound)
        exchange.interest_cap[i] = start.interest_cap[i] / cap
        if rules.maintenance_follows:
            required = raised(start.margin[i], margin, rules.margin_bound)
            exchange.maintenance[i] = start.maintenance[i] * (required / start.margin[i])


def partial_rule(scenario: Scenario) -> PartialRule:
    """Derive the constants of partial liquidation, its cooldown in steps."""
    control = scenario.control
    cooldown = control.partial_cooldown / scenario.minutes
    return PartialRule(control.partial_fraction, control.partial_above, cooldown, control.partial_by_tier)


def breaker_terms(scenario: Scenario) -> BreakerTerms | None:
    """Derive the constants of the circuit breakers; None where the venues have none."""
    control = scenario.control
    if not control.breaker_move:
        return None
    halt = max(math.ceil(control.breaker_halt / scenario.minutes), 1)
    return BreakerTerms(control.breaker_move, float(halt), control.breaker_liquidations)


@rule
def watch_prices(exchange: Exchanges, market: Markets, watch: Watch, terms: BreakerTerms) -> None:
    """Let the circuit breakers see the prices of the step, and set halts for the next.

    Parameters
    ----------
    exchange : halts and suspensions are written.
    market : mid prices, read.
    watch : of the breakers, written.
    terms : constants.
    """
    for k in range(market.shape[0]):
        watch_book(watch, k, market.mid[k], terms.limit, terms.halt)
    watch.step[0] += 1
    halt_trading(exchange, watch, terms.suspends)


class ControlMemory(NamedTuple):
    """What is remembered of terms and prices."""

    start: Start  # as leverage caps have changed it
    breaker: Watch  # of the circuit breakers


class Control:
    """The risk controls of all venues in one run.

    Parameters
    ----------
    scenario : all parameters.
    exchange, market : records at the start, whose terms and prices controls refer to.

    Attributes
    ----------
    start : terms that controls start from; a protocol that sets a cap of its own writes it here.
    adaptation : how terms adapt; None where they do not.
    breaker : constants of the circuit breakers; None where there are none.
    """

    def __init__(self, scenario: Scenario, exchange: Exchanges, market: Markets) -> None:
        control = scenario.control
        self.rules = ControlRule(**{name: getattr(control, name) for name in ControlRule._fields})
        terms = (exchange.liquidation_fee, exchange.initial_margin, exchange.maintenance, exchange.interest_cap)
        self.start = Start(*(np.array(term) for term in terms))
        adapts = any(getattr(control, name) for name in SENSITIVITIES)
        self.adaptation = Adaptation(self.rules, self.start) if adapts else None
        self.breaker = breaker_terms(scenario)
        window = max(math.ceil(control.breaker_window / scenario.minutes), 1) if self.breaker else 0
        self.memory = ControlMemory(self.start, make_watch(window, np.array(market.mid)))
