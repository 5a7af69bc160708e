"""How near a run is to the event: the importance by which multilevel splitting chooses the paths it goes on with.

Losses begin where accounts are worth less than nothing. Were all marks to move at once by z standard deviations σ_k of
a day of their asset k, as volatile as it is now, open accounts would lack

    D(z) = Σ_i max(0, −q_i (p_i e^(z σ_k) − l_i)),                                              (1)

q_i contracts, p_i the mark and l_i the account's bankruptcy price, USD per contract. With B what is lacking to the
event, the threshold less the loss so far, and the money of the backstop where the event is what that does not cover,

    importance = −min |z| such that D(z) >= B over both signs,                                  (2)

the *distance to default* of the whole book, as Merton's (1974) for a firm: it rises when prices move against those who
owe, when volatility rises and when losses have come already. It is inf from the step at which the metric exceeds the
threshold. It decides how precise an estimate is, never what it estimates.
"""

import math
from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline, kernel
from agents.core.ledger import FUND, LENT, POOL, POOL_LENT
from agents.core.table import Accounts, Exchanges, Markets
from model.engine.engine import Engine
from model.scenario.extent import MINUTES_A_DAY

FARTHEST = 16.0  # standard deviations of a day that a mark is moved by at most
HALVINGS = 16  # of that distance
LOSSES = ("deficit", "trader_deficit", "vault_deficit", "backstop_loss")
"""Metrics that count what accounts lack before anybody has paid for it, USD."""
BEYOND = ("uncovered", "paid_regime", "infeasible", "paid_fallback")
"""Metrics that count what is left of it when the backstop has paid, USD."""
SPLIT = (*LOSSES, *BEYOND)
"""Metrics for which paths can be split: sums over a run that never fall."""


@inline
def lacking(accounts: Accounts, exchange: Exchanges, market: Markets, steps_a_day: float, move: float) -> float:
    """Return what open accounts would lack after a move of all marks, equation (1), USD.

    Parameters
    ----------
    accounts, exchange, market : tables of the run, read.
    steps_a_day : over whose root the running volatility of a step is taken.
    move : standard deviations of a day, a fall < 0.
    """
    slots, total = accounts.size.shape[0] // exchange.shape[0], 0.0
    for i in range(exchange.shape[0]):
        volatility = np.sqrt(market.variance[exchange.book[i]] * steps_a_day)
        price = exchange.mark[i] * np.exp(move * volatility) - exchange.funding_index[i]
        for row in range(i * slots, (i + 1) * slots):
            total += max(-accounts.size[row] * (price - accounts.level[row]), 0.0)
    return total


@kernel
def distance(
    accounts: Accounts, exchange: Exchanges, market: Markets, steps_a_day: float, least: float, side: float
) -> float:
    """Return the move at which accounts lack `least`, standard deviations of a day, >= 0.

    Where no move up to the farthest is enough, what is missing then is added to that.

    Parameters
    ----------
    accounts, exchange, market : tables of the run, read.
    steps_a_day : 1.
    least : USD > 0.
    side : −1 for a fall, 1 for a rise.
    """
    farthest = lacking(accounts, exchange, market, steps_a_day, side * FARTHEST)
    if farthest < least:
        return FARTHEST * (2.0 - farthest / least)
    low, high = 0.0, FARTHEST
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if lacking(accounts, exchange, market, steps_a_day, side * middle) < least:
            low = middle
        else:
            high = middle
    return high


class Importance(NamedTuple):
    """The importance (2) of runs for the event that `metric`, one of :data:`SPLIT`, exceeds `threshold`."""

    metric: str
    threshold: float

    def __call__(self, run: Engine) -> float:
        """Return the importance of a run as it stands."""
        missing = self.threshold - float(run.tables.protocol[self.metric].sum())
        if missing < 0.0:
            return math.inf
        backed = 0.0 if self.metric in LOSSES else float(run.ledger.balance[[FUND, POOL, LENT, POOL_LENT]].sum())
        books = run.accounts, run.tables.exchange, run.tables.market
        steps, least = MINUTES_A_DAY / run.scenario.minutes, max(missing + backed, 1.0)
        return -min(float(distance(*books, steps, least, side)) for side in (-1.0, 1.0))
