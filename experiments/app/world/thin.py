"""Thinning: a series of any length as at most some hundreds of points, without losing its extremes.

The steps are cut into buckets of equal width, a power of two, and of each bucket the least and the greatest value are
kept, in their order. The width does not change while a run grows by less than its double, so a live chart does not
flicker.
"""

import math

import numpy as np

MOST = 500
Array = np.ndarray


def bucket(count: int, most: int = MOST) -> int:
    """Return the width of a bucket: 1 where nothing needs thinning."""
    width = 1
    while 2 * -(-count // width) > most and count > most:
        width *= 2
    return width


def kept(values: Array, most: int = MOST) -> Array:
    """Return the indices of the points of `values`, (n,), that are drawn, at most `most`, in order."""
    count, width = len(values), bucket(len(values), most)
    if width == 1:
        return np.arange(count)
    rows = np.pad(values, (0, -count % width), mode="edge").reshape(-1, width)
    starts = np.arange(len(rows)) * width
    both = np.concatenate([starts + rows.argmin(axis=1), starts + rows.argmax(axis=1)])
    return np.unique(np.minimum(both, count - 1))


def summed(values: Array, most: int = MOST) -> tuple[Array, Array]:
    """Return (steps, sums) of the buckets of flows, (n,); the total is kept."""
    width = bucket(len(values), most)
    starts = np.arange(0, len(values), width)
    return starts, np.add.reduceat(values, starts) if len(values) else values


def points(values: Array, factor: float = 1.0, first: int = 0, most: int = MOST) -> list[list[float]]:
    """Return [step, value] pairs of a thinned series that begins at step `first`.

    Parameters
    ----------
    values : (n,) one number a step.
    factor : of the values, from their unit to the unit shown.
    first : step of the first value.
    most : points at most.
    """
    at = kept(values, most)
    return pairs(at + first, values[at] * factor)


def flows(values: Array, factor: float = 1.0, first: int = 0, most: int = MOST) -> list[list[float]]:
    """Return [step, sum] pairs of a thinned series of flows that begins at step `first`, in the middle of its steps.

    Parameters
    ----------
    values : (n,) one number a step, summed by bucket.
    factor : of the values, from their unit to the unit shown.
    first : step of the first value.
    most : points at most.
    """
    at, sums = summed(values, most)
    middle = np.minimum(at + bucket(len(values), most) // 2, len(values) - 1)
    return pairs(middle + first, sums * factor)


def pairs(steps: Array, values: Array) -> list[list[float]]:
    """Return [step, value] pairs as plain numbers."""
    return np.column_stack([steps, significant(values)]).tolist()


def significant(values: Array, digits: int = 6) -> Array:
    """Return the values rounded to so many significant digits of the largest: shorter to send, and looks the same."""
    size = float(np.abs(values).max(initial=0.0))
    return np.round(values, digits - 1 - math.floor(math.log10(size))) if size > 0 else values
