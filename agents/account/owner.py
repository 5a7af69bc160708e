"""Owners with accounts at several protocols: which accounts are one owner's, and money on its way between them.

Accounts of one owner form a ring: each row names the next, in order of rows, the last one the first, and -1 stands
where an owner has no other. So an owner may have any number of accounts, and a run in which nobody has several has a
table without rows. Which account comes first in a ring decides nothing.

Money that an owner has withdrawn at one protocol and not yet posted at another is in the ledger's account ``transit``,
in the column of the listing it goes to. One transfer at a time is on its way to an account, and all take the same time,
so a queue of rows holds them in the order in which they arrive.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule

ALONE = -1
Array = np.ndarray


class Owners(NamedTuple):
    """What a run remembers of owners with several accounts; arrays without rows where there are none."""

    partner: Array  # (rows,) row, the owner's next account, ALONE where it has no other
    sent: Array  # (rows,) USD >= 0, on its way to the account
    due: Array  # (rows,) step in which that arrives
    queue: Array  # (rows,) accounts that money is on its way to, in order of arrival, from waiting[0] on, round the end
    waiting: Array  # (2,) place of the first of them in the queue, and how many they are
    closed: Array  # (listings,) USD >= 0, notional closed there so far to meet a call at another protocol
    moved: Array  # (listings,) USD >= 0, sent from there to other protocols so far


class OwnerRoom(NamedTuple):
    """Room for what owners work out within a step, (rows,) each."""

    short: Array  # USD >= 0, what a called account lacks
    asked: Array  # USD >= 0, what is to be withdrawn from an account
    closing: Array  # contracts >= 0, what is closed for that, beyond what its owner closes anyhow
    before: Array  # contracts, short < 0, its position before
    listed: Array  # flag, 1 where the account acts or has an order already


def make_owners(owner: Array, listings: int) -> Owners:
    """Return the table of accounts whose owners are numbered.

    Parameters
    ----------
    owner : (rows,) any number of an owner's, the same in all its rows; below 0 for a row without one; none: no rows.
    listings : how many there are.
    """
    rows = len(owner)
    return Owners(
        partner=ring_of(owner),
        sent=np.zeros(rows),
        due=np.zeros(rows, np.int64),
        queue=np.zeros(rows, np.int32),
        waiting=np.zeros(2, np.int64),
        closed=np.zeros(listings),
        moved=np.zeros(listings),
    )


def make_owner_room(rows: int) -> OwnerRoom:
    """Return room for so many rows, none where nobody has several accounts."""
    short, asked, closing, before = np.zeros((4, rows))
    return OwnerRoom(short, asked, closing, before, listed=np.zeros(rows, np.int8))


def ring_of(owner: Array) -> Array:
    """Return for each row the next row of the same owner, (rows,) int32, of the last the first; ALONE without another.

    Parameters
    ----------
    owner : (rows,) number of the owner, below 0 for none.
    """
    partner = np.full(len(owner), ALONE, np.int32)
    rows = np.flatnonzero(owner >= 0)
    rows = rows[np.argsort(owner[rows], kind="stable")]
    of = owner[rows]
    first = np.flatnonzero(np.diff(of, prepend=-1))
    after = np.append(rows[1:], -1)[: len(rows)]
    after[np.append(first[1:], len(rows))[: len(first)] - 1] = rows[first]
    partner[rows] = np.where(after == rows, ALONE, after)
    return partner


@rule
def around(partner: Array, values: Array, row: int) -> float:
    """Return the sum of a column over all accounts of the owner of `row`, in order of the ring from there."""
    found, other = values[row], row
    for _ in range(partner.shape[0]):
        other = partner[other]
        if other == row:
            break
        found += values[other]
    return found


@rule
def calls_first(partner: Array, short: Array, row: int) -> bool:
    """Tell whether an account is called, and no called account of its owner is in a row before.

    Parameters
    ----------
    partner : (rows,) next account of the owner.
    short : (rows,) USD >= 0, what called accounts lack.
    row : of an account whose owner has others, or of any other.
    """
    if partner[row] < 0 or not short[row] > 0.0:
        return False
    other = row
    for _ in range(partner.shape[0]):
        other = partner[other]
        if other == row:
            break
        if other < row and short[other] > 0.0:
            return False
    return True
