"""Ranking inside kernels: heaps that break ties by position, so that a rank does not depend on the algorithm.

``descending`` sorts all; ``line_up`` and ``call_next`` rank only as many as are asked for.
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
def line_up(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (mirror, heap), a line from which :func:`call_next` takes the largest value first; n steps to make.

    The mirror holds the negated values backwards, so that the entry that ranks last in it is the largest value and,
    among equals, the first.
    """
    mirror = -values[::-1]
    size = values.shape[0]
    heap = np.arange(size)
    for root in range(size // 2 - 1, -1, -1):
        sift(mirror, heap, root, size)
    return mirror, heap


@rule
def call_next(mirror: np.ndarray, heap: np.ndarray, waiting: int) -> int:
    """Take the first of `waiting` entries out of the line and return its position; log n steps."""
    first = heap[0]
    heap[0] = heap[waiting - 1]
    sift(mirror, heap, 0, waiting - 1)
    return mirror.shape[0] - 1 - first
