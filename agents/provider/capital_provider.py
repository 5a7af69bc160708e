"""Capital providers: outsiders who own part of a pool, join when it pays and leave when they may.

A pool with capital K, premiums of P a year, expected claims of λ a year and a yield y on what it lends is expected to
return

    ρ = (P − λ) / K + y                                                                       (1)

A provider whose hurdle is below ρ puts in a part of its cash each step; above it, it asks for its money back once its
lock-up is over. Those who ask stand in a queue, first come first served, that lets out a part of the providers' capital
a step and nothing that open claims need. Shares are bought and redeemed at what the providers own over shares
outstanding, net of open claims, so losses fall on all alike and nobody can leave before bearing them. Units: USD,
shares, 1/year.

References: Froot and O'Connell (1999) on slow capital; Gron (1994).
"""

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.table import Investors

Array = np.ndarray


class CapitalProvider(RowAgent):
    """One outside owner of a pool's capital."""

    pool = Column("i8", "index", "pool it may own a part of")
    shares = Column("f8", "shares, >= 0", "shares of the providers' part of the pool")
    cash = Column("f8", "USD, >= 0", "money outside the pool, in the ledger's account `investor`")
    hurdle = Column("f8", "1/year, > 0", "return it asks for")
    locked_until = Column("i8", "step", "first step at which it may ask for its money back")
    asked_step = Column("i8", "step", "step at which it joined the queue to leave, -1 while it does not")
    deposited = Column("f8", "USD", "deposits less redemptions")

    def after_change(self) -> None:
        """Book a change of cash made from Python as money from or to the outside world."""
        self.model.after_investor_change()


def expected_return(margin: Array, capital: Array, earned: float) -> Array:
    """Return (1), (pots,) per year, for a margin P − λ; without capital it is without bound where that is positive."""
    empty = np.where(margin > 0.0, np.inf, -np.inf)
    return np.divide(margin, capital, out=empty, where=capital > 0.0) + earned


def share_price(owned: Array, shares: Array) -> Array:
    """Return the price of a share, (pots,) USD; 1 where there are none."""
    return np.divide(owned, shares, out=np.ones_like(owned), where=shares > 0.0)


def deposits(table: Investors, attained: Array, joining: float) -> Array:
    """Return what each provider puts in, (providers,) USD, where its pool's return `attained` exceeds its hurdle."""
    return np.where(attained[table.pool] > table.hurdle, table.cash * joining, 0.0)


def ask(table: Investors, attained: Array, step: int) -> None:
    """Let providers join the queue, or leave it when the return is high enough again."""
    pays = attained[table.pool] >= table.hurdle
    table.asked_step[pays] = -1
    table.asked_step[~pays & (table.asked_step < 0) & (table.shares > 0.0) & (step >= table.locked_until)] = step


def served(table: Investors, value: Array, room: float, pool: int) -> Array:
    """Return what the queue of one pool pays out, (providers,) USD: in order of asking, up to `room`.

    Parameters
    ----------
    table : (providers,) records.
    value : (providers,) USD >= 0, of each one's shares.
    room : USD >= 0, that the pool can spare.
    pool : index.
    """
    paid = np.zeros(len(table.pool))
    rows = np.flatnonzero((table.asked_step >= 0) & (table.pool == pool))
    rows = rows[np.argsort(table.asked_step[rows], kind="stable")]
    before = np.cumsum(value[rows]) - value[rows]
    paid[rows] = np.clip(room - before, 0.0, value[rows])
    return paid
