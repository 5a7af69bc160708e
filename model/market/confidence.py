"""What drives withdrawals: the alarm over each protocol, and the strain on the providers of its vault.

At the beginning of phase 8 every protocol's alarm is computed by :mod:`agents.protocol.confidence` from the health of
the backstop behind it, own fund and what pot or fellow members would pay it now (:mod:`agents.protocol.standby`), from
defaults of its neighbours in the exposure network as it was at the start, and from losses that fund and pool left
unpaid in this step. Then

- traders who look at their account in the next step go by it (`exchange.alarm`, sensitivity × alarm);
- liquidity providers feel, in falls of the share price, strain = v (σ̂ / σ − 1)⁺ + g A at once, σ̂ the running
  volatility of the protocol's asset;
- the pool's capital providers leave at 1 + g A times the calm rate, A the mean alarm over the members of their pot,
  weighted by capital (:meth:`Confidence.capital_hazard`).

All is off by default and then costs nothing.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.core.fast_call import FastCall
from agents.core.kernel import kernel
from agents.core.table import Exchanges, Markets, Protocols
from agents.protocol.confidence import alarm, faded, hazard
from agents.protocol.standby import Backing, healths
from model.market.market import stress

NERVES = ("thin_fund", "neighbour", "unpaid", "half_life", "trader_sensitivity", "provider_sensitivity")
Array = np.ndarray


@kernel
def feel(
    exchange: Exchanges, market: Markets, protocol: Protocols, balance: Array, backing: Backing, tied: Array,
    news: Array, known: Array, alarms: Array, strain: Array, step: int, minutes: float, panic: bool, volatility: float,
    thin_fund: float, neighbour: float, unpaid: float, half_life: float, trader: float, provider: float,
) -> None:  # fmt: skip
    """Set alarm and strain of every protocol, and what its traders will go by.

    Parameters
    ----------
    balance, backing : of ledger and structure, behind every protocol.
    tied : (protocols, protocols) bool, whose failure alarms whom.
    news : (protocols,) bad news that has not faded; `known` USD, uncovered loss up to the step before.
    alarms, strain : (protocols,), to be set.
    volatility, thin_fund ... provider : weights and sensitivities of the scenario's sections.
    """
    health = healths(balance, protocol, backing)
    for i in range(exchange.shape[0]):
        k = exchange.asset[i]
        if panic:
            bad = unpaid if protocol.uncovered[i] > known[i] else 0.0
            known[i] = protocol.uncovered[i]
            for j in range(exchange.shape[0]):
                if protocol.default_step[j] == step and tied[i, j]:
                    bad += neighbour
            news[i] = faded(news[i], half_life, minutes) + bad
            alarms[i] = alarm(health[i], news[i], thin_fund)
            exchange.alarm[i] = trader * alarms[i]
        strain[i] = volatility * stress(market.variance[k], market.normal_volatility[k]) + provider * alarms[i]


class Mood(NamedTuple):
    """What is remembered of protocols' standing."""

    news: Array  # (protocols,) 1, >= 0, bad news that has not faded
    known: Array  # (protocols,) USD >= 0, uncovered loss up to the step before
    alarm: Array  # (protocols,) 1, >= 0
    strain: Array  # (protocols,) falls of the share price >= 0, on providers next to that of the share price itself


class Confidence:
    """The confidence of one run.

    Parameters
    ----------
    ecosystem : whose tables it reads; its exposures at the start say who are neighbours.

    Attributes
    ----------
    active : False where nothing here changes what anybody does.
    alarm, strain : of :class:`Mood`.
    """

    def __init__(self, ecosystem: Any) -> None:
        scenario, tables = ecosystem.scenario, ecosystem.tables
        self.terms, members = scenario.confidence, len(ecosystem.exchange)
        weights = [getattr(self.terms, name) for name in NERVES]
        self.nerves = scenario.minutes, self.terms.panic, scenario.provider.volatility_sensitivity, *weights
        owed = ecosystem.contagion.liabilities > 0.0
        self.tied, self.strain = owed | owed.T, ecosystem.rules.terms.strain
        self.memory = Mood(np.zeros(members), np.zeros(members), np.zeros(members), self.strain)
        self.alarm = self.memory.alarm
        self.tables = tables.exchange, tables.market, tables.protocol, ecosystem.ledger.balance
        self.structure, self.backing, self._feel = ecosystem.structure, ecosystem.structure.backing, FastCall(feel)
        self.active = self.terms.panic or scenario.provider.volatility_sensitivity > 0.0

    def update(self, step: int) -> None:
        """Compute alarm and strain at the end of a step."""
        if self.active:
            self._feel(*self.tables, self.backing, self.tied, *self.memory, step, *self.nerves)

    def capital_hazard(self) -> Array:
        """Return the multiple of the calm rate at which each pot's capital providers leave, (pots,), 1 in calm."""
        structure, weight = self.structure, self.structure.capital
        whole = np.maximum(structure.by_pot(weight), 1e-300)
        mean = structure.by_pot(weight * self.alarm) / whole
        return hazard(self.terms.capital_sensitivity * mean)
