"""Amounts that fall due later, in a queue that never grows: an entry for each step at which any were noted.

Entries come in the order of their steps and leave in it; those of one step are one. There is room for as many as can
wait at a time, so that the queue is arrays of a fixed size (:mod:`agents.core.memory`).
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule

Array = np.ndarray


class Due(NamedTuple):
    """A queue of amounts."""

    amounts: Array  # (room, members) USD >= 0, an entry a row, in turn
    step: Array  # (room,) step of each entry
    ends: Array  # (2,) row of the first entry, number of entries


def make_due(room: int, members: int) -> Due:
    """Return an empty queue for at most `room` entries at a time."""
    return Due(np.zeros((room, members)), np.zeros(room, dtype=np.int64), np.zeros(2, dtype=np.int64))


@rule
def add(due: Due, step: int, amounts: Array) -> None:
    """Note `amounts`, (members,) USD, for `step`, which no entry is later than."""
    first, number, places = due.ends[0], due.ends[1], due.step.shape[0]
    last = (first + number - 1) % places
    if number == 0 or due.step[last] != step:
        last = (first + number) % places
        due.step[last] = step
        due.ends[1] = number + 1
    for i in range(amounts.shape[0]):
        due.amounts[last, i] += amounts[i]


@rule
def first_due(due: Due, step: int) -> int:
    """Return the row of the first entry, if its step has come by `step`; -1 if it has not."""
    first = due.ends[0]
    return first if due.ends[1] > 0 and due.step[first] <= step else -1


@rule
def drop_first(due: Due) -> None:
    """Take the first entry out."""
    first = due.ends[0]
    for i in range(due.amounts.shape[1]):
        due.amounts[first, i] = 0.0
    due.ends[0], due.ends[1] = (first + 1) % due.step.shape[0], due.ends[1] - 1


def take(due: Due, step: int) -> Array | None:
    """Take out and return the first entry, (members,) USD, if its step has come by `step`; none if it has not."""
    row = first_due(due, step)
    if row < 0:
        return None
    taken = due.amounts[row].copy()
    drop_first(due)
    return taken


def waiting(due: Due) -> Array:
    """Return what waits, an entry a row, the first one first, (entries, members) USD."""
    first, number = due.ends.tolist()
    return due.amounts[(first + np.arange(number)) % len(due.step)]
