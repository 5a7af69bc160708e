"""Ranking and summing inside kernels.

Heaps break ties by position, so that a rank does not depend on the algorithm. ``descending`` and ``ascending`` sort
all; ``line_up`` and ``call_next`` rank only as many as are asked for. ``total`` adds in pairs, in the order of
``numpy.sum``, whose rounding error grows with log n and not with n: the same amounts have the same sum in Python and
in a kernel. Higham (1993), SIAM Journal on Scientific Computing 14:783.
"""

import numpy as np

from agents.core.kernel import rule


@rule
def before(values: np.ndarray, a: int, b: int) -> bool:
    """Tell whether entry `a` ranks behind entry `b`: smaller value, or the same and a later position."""
    return values[a] < values[b] or (values[a] == values[b] and a > b)


@rule
def sift(values: np.ndarray, heap: np.ndarray, root: int, size: int) -> None:
    """Let the entry at `root` sink to its place in a heap whose top ranks last.

    Parameters
    ----------
    values : (n,) what is ranked, read.
    heap : (n,) positions in `values`; the first `size` of them are reordered.
    root : place in the heap, from 0; below it the heap is in order.
    size : entries of the heap still ranked, at most n.
    """
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and before(values, heap[child + 1], heap[child]):
            child += 1
        if not before(values, heap[child], heap[root]):
            return
        heap[root], heap[child] = heap[child], heap[root]
        root = child


@rule
def descending(values: np.ndarray) -> np.ndarray:
    """Return the positions of `values` from the largest to the smallest, equal ones in order of position."""
    size = values.shape[0]
    heap = np.arange(size)
    for root in range(size // 2 - 1, -1, -1):
        sift(values, heap, root, size)
    for end in range(size - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(values, heap, 0, end)
    return heap


@rule
def ascending(values: np.ndarray, number: int, mirror: np.ndarray, heap: np.ndarray) -> None:
    """Write the positions of the first `number` values into `heap`, smallest value first, equal ones by position.

    Parameters
    ----------
    values : (n,) what is ranked, read.
    number : how many of them, at most n.
    mirror : (n,) room for the negated values.
    heap : (n,) int64, written.
    """
    for at in range(number):
        mirror[at], heap[at] = -values[at], at
    for root in range(number // 2 - 1, -1, -1):
        sift(mirror, heap, root, number)
    for end in range(number - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(mirror, heap, 0, end)


@rule
def line_up(values: np.ndarray, number: int, mirror: np.ndarray, heap: np.ndarray) -> None:
    """Make a line from which :func:`call_next` takes the largest value first; `number` steps.

    The mirror holds the negated values backwards, so that the entry that ranks last in it is the largest value and,
    among equals, the first.

    Parameters
    ----------
    values : (n,) what is ranked, read.
    number : how many of them, at most n.
    mirror : (n,) written.
    heap : (n,) int64, written.
    """
    for at in range(number):
        mirror[at], heap[at] = -values[number - 1 - at], at
    for root in range(number // 2 - 1, -1, -1):
        sift(mirror, heap, root, number)


@rule
def call_next(mirror: np.ndarray, heap: np.ndarray, waiting: int, number: int) -> int:
    """Take the first of `waiting` entries out of a line of `number` and return its position; log n steps.

    Parameters
    ----------
    mirror, heap : of :func:`line_up`; the heap is written.
    waiting : entries not taken yet, > 0.
    number : entries at the start.
    """
    first = heap[0]
    heap[0] = heap[waiting - 1]
    sift(mirror, heap, 0, waiting - 1)
    return number - 1 - first


@rule
def eight_lanes(values: np.ndarray, first: int, number: int) -> float:
    """Return the sum of 8 to 128 values, every eighth of them added up on its own."""
    a, b, c, d = values[first], values[first + 1], values[first + 2], values[first + 3]
    e, f, g, h = values[first + 4], values[first + 5], values[first + 6], values[first + 7]
    whole = number - number % 8
    for at in range(first + 8, first + whole, 8):
        a, b, c, d = a + values[at], b + values[at + 1], c + values[at + 2], d + values[at + 3]
        e, f, g, h = e + values[at + 4], f + values[at + 5], g + values[at + 6], h + values[at + 7]
    found = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for at in range(first + whole, first + number):
        found += values[at]
    return found


@rule
def total(values: np.ndarray, first: int, number: int) -> float:
    """Return the sum of `number` values from `first` on, added in pairs as ``numpy.sum`` adds them."""
    if number < 8:
        found = 0.0
        for at in range(first, first + number):
            found += values[at]
        return found
    if number <= 128:
        return eight_lanes(values, first, number)
    half = number // 2
    half -= half % 8
    return total(values, first, half) + total(values, first + half, number - half)
