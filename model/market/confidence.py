"""What drives withdrawals: the alarm over each protocol, and the strain on the providers of its vault.

At the beginning of phase 8 every protocol's alarm is computed by :mod:`agents.protocol.confidence` from the health of
the backstop behind it, own fund and what pool or fellow members would pay it now (:mod:`agents.protocol.standby`), from
defaults of its neighbours in the exposure network as it was at the start, and from losses that fund and pool left
unpaid in this step. Then

- traders who look at their account in the next step respond to it (`exchange.alarm`, sensitivity × alarm);
- liquidity providers feel, in falls of the share price, strain = v (σ̂ / σ − 1)⁺ + g A at once, σ̂ the running
  volatility of the protocol's asset;
- the pool's capital providers leave at 1 + g A times the calm rate, A the mean alarm over the members of their pool,
  weighted by capital (:func:`model.reinsurance.investment.capital_hazard`).

All is off by default and then costs nothing.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline
from agents.core.table import Exchanges, Markets, Matrix, Protocols
from agents.protocol.confidence import Mood, alarm, faded
from agents.protocol.standby import Backing, healths
from model.market.depth import stress
from model.scenario import Scenario

Array = np.ndarray


class Nerves(NamedTuple):
    """Constants of confidence: weights and sensitivities of the scenario's sections."""

    first: Array  # (protocols + 1,), where the neighbours of each begin among `tied`
    tied: Array  # (ties,), the neighbours of each in turn, whose failure alarms it
    minutes: float  # length of a step
    panic: bool  # whether anybody is alarmed
    volatility: float  # 1, of providers to volatility
    thin_fund: float  # 1
    neighbour: float  # 1, bad news that a failed neighbour is
    unpaid: float  # 1, bad news that an unpaid loss is
    half_life: float  # minutes
    trader: float  # 1, sensitivity of traders
    provider: float  # 1, of providers


def is_active(scenario: Scenario) -> bool:
    """Tell whether anything here changes what anybody does."""
    return scenario.confidence.panic or scenario.provider.volatility_sensitivity > 0.0


def make_nerves(scenario: Scenario, first: Array, tied: Array) -> Nerves:
    """Return the constants of a scenario; `first` and `tied` say whose failure alarms whom (:class:`Nerves`)."""
    terms, volatility = scenario.confidence, scenario.provider.volatility_sensitivity
    return Nerves(
        first=first,
        tied=tied,
        minutes=scenario.minutes,
        panic=terms.panic,
        volatility=volatility,
        thin_fund=terms.thin_fund,
        neighbour=terms.neighbour,
        unpaid=terms.unpaid,
        half_life=terms.half_life,
        trader=terms.trader_sensitivity,
        provider=terms.provider_sensitivity,
    )


@inline
def feel(
    exchange: Exchanges,
    market: Markets,
    protocol: Protocols,
    balance: Array,
    backing: Backing,
    mood: Mood,
    nerves: Nerves,
    step: int,
) -> None:
    """Update alarm, provider strain and trader panic of every protocol.

    Parameters
    ----------
    exchange, market, protocol : tables of the run.
    balance, backing : of ledger and structure, behind every protocol.
    mood : what is heard; written.
    nerves : constants.
    step : present step.
    """
    health, news, known = healths(balance, protocol, backing), mood.news, mood.known
    first, tied = nerves.first, nerves.tied
    alarms, strain = mood.alarm, mood.strain
    for p in range(protocol.shape[0] if nerves.panic else 0):
        bad = nerves.unpaid if protocol.uncovered[p] > known[p] else 0.0
        known[p] = protocol.uncovered[p]
        for tie in range(first[p], first[p + 1]):
            if protocol.default_step[tied[tie]] == step:
                bad += nerves.neighbour
        news[p] = faded(news[p], nerves.half_life, nerves.minutes) + bad
        alarms[p] = alarm(health[p], news[p], nerves.thin_fund)
    for i in range(exchange.shape[0]):
        k, p = exchange.book[i], exchange.protocol[i]
        if nerves.panic:
            exchange.alarm[i] = nerves.trader * alarms[p]
        rough = stress(market.variance[k], market.normal_volatility[k])
        strain[i] = nerves.volatility * rough + nerves.provider * alarms[p]


def neighbours(owed: Matrix) -> tuple[Array, Array]:
    """Return who owes whom or is owed by whom: the neighbours of each protocol in turn, and where each begins."""
    members, (debtor, creditor) = owed.shape[0], np.array(owed.nonzero(), np.int64)
    pairs = np.unique(np.concatenate([debtor * members + creditor, creditor * members + debtor]))
    each, tied = np.divmod(pairs, max(members, 1))
    return np.searchsorted(each, np.arange(members + 1)).astype(np.int64), tied


def make_mood(liabilities: Matrix, strain: Array) -> Mood:
    """Return what is heard at the start: nothing; `strain`, (listings,) 1, is that of liquidity providers."""
    news, known, alarms = np.zeros((3, liabilities.shape[0]))
    return Mood(news, known, alarms, strain)


def nerves_of(scenario: Scenario, liabilities: Matrix) -> Nerves | None:
    """Return the constants of confidence; none where nothing here changes what anybody does.

    `liabilities`, (members, members) USD, row owes column, say who are neighbours.
    """
    return make_nerves(scenario, *neighbours(liabilities)) if is_active(scenario) else None
