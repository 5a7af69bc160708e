"""Retrocession: a second pool above all pools, which reinsures the reinsurers.

Of the claims Cⱼ presented so far to pool j the second pool owes min((Cⱼ − d Kⱼ)⁺, l Kⱼ), K the pool's capital at the
start; what is owed at a step is the increase, paid pro rata where its cash is short. Its capital is taken out of the
pools when the run begins, so total capital is that of every other structure. With one pool it is the same money in a
second pocket that opens later; with several, pools lend each other strength, and one can drain it for all.
Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.ledger import POOL, RETROCESSION, WHOLE, Ledger
from agents.reinsurer.treaty import layer_increment
from model.backstop.pool import pro_rata

Array = np.ndarray


class Presented(NamedTuple):
    """What the second pool remembers."""

    claims: Array  # (pots,) USD >= 0, claims presented to the pools so far
    paid: Array  # (pots,) USD >= 0, paid to the pools so far


class Retrocession:
    """The second pool.

    Parameters
    ----------
    ledger : where its cash is.
    attachment, limit : (pots,) USD.

    Attributes
    ----------
    start : USD, its capital at the start.
    """

    def __init__(self, ledger: Ledger, attachment: Array, limit: Array) -> None:
        self.ledger, self.attachment, self.limit = ledger, attachment, limit
        self.start = float(ledger.balance[RETROCESSION, WHOLE])
        self.memory = Presented(np.zeros_like(limit), np.zeros_like(limit))
        self.claims, self.paid = self.memory

    def recover(self, asked: Array) -> Array:
        """Take out and return what the second pool owes for claims `asked` of the pools, (pots,) USD."""
        owed = layer_increment(self.claims, self.claims + asked, self.attachment, self.limit)
        self.claims += asked
        cash = self.ledger.balance[RETROCESSION]
        given = pro_rata(owed, float(cash[WHOLE]), owed, owed)
        cash[WHOLE] -= given.sum()
        self.paid += given
        return given


def found(ledger: Ledger, share: float, pots: int) -> float:
    """Move a share of the pools' cash to the second pool; return how much, USD."""
    given = ledger.balance[POOL, :pots] * share
    ledger.balance[POOL, :pots] -= given
    ledger.balance[RETROCESSION, WHOLE] += given.sum()
    return float(given.sum())
