"""Amounts that fall due later, in a queue that never grows: an entry for each step at which any were noted.

Entries come in the order of their steps and leave in it; those of one step are one. There is room for as many as can
wait at a time, so that the queue is arrays of a fixed size (:mod:`agents.core.memory`).
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray


class Due(NamedTuple):
    """A queue of amounts."""

    amounts: Array  # (room, members) USD >= 0, an entry a row, in turn
    step: Array  # (room,) step of each entry
    ends: Array  # (2,) row of the first entry, number of entries


def make_due(room: int, members: int) -> Due:
    """Return an empty queue for at most `room` entries at a time."""
    return Due(np.zeros((room, members)), np.zeros(room, dtype=np.int64), np.zeros(2, dtype=np.int64))


def add(due: Due, step: int, amounts: Array) -> None:
    """Note `amounts`, (members,) USD, for `step`, which no entry is later than."""
    first, number = due.ends.tolist()
    last = (first + number - 1) % len(due.step)
    if number and due.step[last] == step:
        due.amounts[last] += amounts
        return
    at = (first + number) % len(due.step)
    due.amounts[at], due.step[at] = amounts, step
    due.ends[1] += 1


def take(due: Due, step: int) -> Array | None:
    """Take out and return the first entry, (members,) USD, if its step has come by `step`; none if it has not."""
    first, number = due.ends.tolist()
    if not number or due.step[first] > step:
        return None
    taken = due.amounts[first].copy()
    due.amounts[first] = 0.0
    due.ends[:] = (first + 1) % len(due.step), number - 1
    return taken


def waiting(due: Due) -> Array:
    """Return what waits, an entry a row, the first one first, (entries, members) USD."""
    first, number = due.ends.tolist()
    return due.amounts[(first + np.arange(number)) % len(due.step)]
