"""What drives withdrawals: the alarm over each protocol, and the strain on the providers of its vault.

At the beginning of phase 8 every protocol's alarm is computed by :mod:`agents.confidence` from the health of its fund,
from defaults of its neighbours in the exposure network as it was at the start, and from losses that fund and pool left
unpaid in this step. Then

- traders who look at their account in the next step go by it (`exchange.alarm`, sensitivity × alarm);
- liquidity providers feel, in falls of the share price, strain = v (σ̂ / σ − 1)⁺ + g A at once, σ̂ the running
  volatility of the protocol's asset;
- the pool's capital providers leave at 1 + g A times the calm rate, A the mean alarm over the members of their pot,
  weighted by capital (:meth:`Confidence.capital_hazard`).

All is off by default and then costs nothing.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from agents.confidence import alarm, faded, hazard
from agents.kernel import kernel
from model.capital import fund_health
from model.market import stress

FIELDS = ["thin_fund", "neighbour", "unpaid", "half_life", "trader_sensitivity", "provider_sensitivity"]
CONSTANTS = [*FIELDS, "volatility", "minutes", "panic"]
Nerves = namedtuple("Nerves", CONSTANTS)  # type: ignore[misc]
Mood = namedtuple("Mood", ["news", "alarm", "strain", "uncovered", "failed", "neighbour"])
Array = np.ndarray


@kernel
def feel(
    exchange: Any, market: Any, protocol: Any, book: Any, entitlement: Array, nerves: Any, mood: Any, step: int
) -> None:  # fmt: skip
    """Set alarm and strain of every protocol, and what its traders will go by."""
    members = exchange.shape[0]
    if nerves.panic:
        for i in range(members):
            mood.failed[i] = protocol.default_step[i] == step
        for i in range(members):
            bad = nerves.unpaid if protocol.uncovered[i] > mood.uncovered[i] else 0.0
            mood.uncovered[i] = protocol.uncovered[i]
            for j in range(members):
                bad += nerves.neighbour * (mood.failed[j] & mood.neighbour[i, j])
            mood.news[i] = faded(mood.news[i], nerves.half_life, nerves.minutes) + bad
            mood.alarm[i] = alarm(fund_health(book, protocol, entitlement, i), mood.news[i], nerves.thin_fund)
            exchange.alarm[i] = nerves.trader_sensitivity * mood.alarm[i]
    for i in range(members):
        k = exchange.asset[i]
        rough = stress(market.variance[k], market.normal_volatility[k])
        mood.strain[i] = nerves.volatility * rough + nerves.provider_sensitivity * mood.alarm[i]


class Confidence:
    """The confidence of one run.

    Parameters
    ----------
    ecosystem : whose tables it reads; its exposures at the start say who are neighbours.

    Attributes
    ----------
    active : False where nothing here changes what anybody does.
    alarm : (protocols,) 1, >= 0.
    strain : (protocols,) falls of the share price, >= 0, on providers beside that of the share price itself.
    """

    def __init__(self, ecosystem: Any) -> None:
        scenario, hot = ecosystem.scenario, ecosystem.hot
        self.terms, members = scenario.confidence, len(ecosystem.exchange)
        felt = [getattr(self.terms, name) for name in FIELDS]
        constants = [*felt, scenario.provider.volatility_sensitivity, scenario.minutes, self.terms.panic]
        self.nerves = Nerves(*constants)
        self.strain, self.alarm = ecosystem.rules.terms.strain, np.zeros(members)
        owed = ecosystem.contagion.liabilities > 0.0
        flags = np.zeros(members, np.bool_)
        self.mood = Mood(np.zeros(members), self.alarm, self.strain, np.zeros(members), flags, owed | owed.T)
        self.tables = hot.exchange, hot.market, hot.protocol, ecosystem.ledger.book
        self.structure = ecosystem.structure
        self.active = self.terms.panic or scenario.provider.volatility_sensitivity > 0.0

    def update(self, step: int) -> None:
        """Compute alarm and strain at the end of a step."""
        if self.active:
            feel(*self.tables, self.structure.entitlement, self.nerves, self.mood, step)

    def capital_hazard(self) -> Array:
        """Return the multiple of the calm rate at which each pot's capital providers leave, (pots,), 1 in calm."""
        structure, weight = self.structure, self.structure.capital
        whole = np.maximum(structure.by_pot(weight), 1e-300)
        mean = structure.by_pot(weight * self.alarm) / whole
        return hazard(self.terms.capital_sensitivity * mean)
