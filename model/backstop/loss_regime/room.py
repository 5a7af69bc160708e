"""Room in which loss regimes divide a loss among the accounts of one listing: lists that are written afresh each time.

Nothing of it is remembered from one listing or step to the next. Kernels that are given it need no memory of their
own.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import lean_rule

Array = np.ndarray


class Room(NamedTuple):
    """Lists of at most as many entries as a listing has slots, (slots,) each."""

    size: Array  # contracts, short < 0
    gain: Array  # USD, unrealised profit, a loss < 0
    equity: Array  # USD
    score: Array  # score or weight of a ranking, >= 0 where it is a weight
    limit: Array  # most that each can give, >= 0, in the unit of what is divided
    given: Array  # what each gives, >= 0, likewise
    taken: Array  # USD >= 0 or contracts >= 0, in between
    gap: Array  # USD per contract, what closing one saves
    depth: Array  # of capped pro rata: limit over weight
    rest: Array  # of capped pro rata: weights of those not yet full
    mirror: Array  # of a queue
    order: Array  # int64, of a queue
    able: Array  # int64, of capped pro rata: who can give
    row: Array  # int64, accounts that the entries are of


WHOLE = ("order", "able", "row")


def make_room(slots: int) -> Room:
    """Return room for the accounts of a listing with so many slots."""
    return Room(*(np.zeros(slots, np.int64 if name in WHOLE else float) for name in Room._fields))


@lean_rule
def product_into(target: Array, one: Array, other: Array, number: int) -> None:
    """Write the products of the first `number` entries of two lists into `target`.

    Parameters
    ----------
    target : (n,) written.
    one, other : (n,) factors.
    number : at most n.
    """
    for at in range(number):
        target[at] = one[at] * other[at]
