"""The reinsurer: a shared pool above or instead of the protocols' own funds; one for each pool of the structure.

Its capital is the cash of the pool, its treaties are the structure's rules (:mod:`model.backstop.structure`), its
income are premiums and contributions, its outgo claims. Premium: a flat rate on open interest per year, paid from the
members' own funds as far as they reach. Units: USD.
"""

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.kernel import inline, rule
from agents.core.ledger import FUND, POOL, Book, transfer
from agents.core.table import Exchanges, Pools

MINUTES_PER_YEAR = 525_960.0


class Reinsurer(RowAgent):
    """The pool of backstop capital that several protocols share."""

    premiums = Column("f8", "USD, >= 0", "premiums received so far")
    contributions = Column("f8", "USD, >= 0", "fees and contributions received so far")
    claims_due = Column("f8", "USD, >= 0", "claims presented so far")
    claims_paid = Column("f8", "USD, >= 0", "claims paid so far")
    start = Column("f8", "USD, >= 0", "capital at the start")
    exhausted_step = Column("i8", "step", "first step at which the pool had less than was due, -1 for none")

    @property
    def capital(self) -> float:
        """Cash of the pool, USD."""
        return float(self.model.ledger.balance[POOL, self.row])

    @property
    def treaties(self) -> object:
        """The structure whose rules the pool follows."""
        return self.model.structure


@rule
def premium(open_interest: float, rate: float, minutes: float) -> float:
    """Return the premium for `minutes` at a yearly `rate` on open interest, USD."""
    return open_interest * rate * minutes / MINUTES_PER_YEAR


@inline
def collect_premium(
    book: Book, exchange: Exchanges, pool: Pools, pool_of: np.ndarray, paid: np.ndarray, rate: float, minutes: float
) -> None:
    """Move each member's premium from its fund to its pool, as far as the fund reaches; amounts into `paid`.

    Parameters
    ----------
    book : funds and pools in its balances are written.
    exchange : open interest, read.
    pool : premiums received are written.
    pool_of : (members,) index of each one's pool.
    paid : (members,) USD, >= 0, zero before, written.
    rate : of open interest, 1/year, >= 0.
    minutes : what the premium is due for.
    """
    for i in range(exchange.shape[0]):
        interest = max(exchange.long_size[i], exchange.short_size[i]) * exchange.mark[i]
        p = exchange.protocol[i]
        amount = min(premium(interest, rate, minutes), max(book.balance[FUND, p], 0.0))
        paid[p] += amount
        transfer(book, FUND, p, POOL, pool_of[p], amount)
        pool.premiums[pool_of[p]] += amount
