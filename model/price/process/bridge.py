"""From bars to steps: a path inside every bar that touches its open, high, low and close.

A bar of *n* steps is crossed in the order open, low, high, close when it rose and open, high, low, close
when it fell. The first extreme lies at a step drawn uniformly between a sixth and five twelfths of the bar,
the second between seven and ten twelfths, the close at step *n*: no leg is shorter than a sixth of the bar,
or the fall of an hour would be fed as the gap of a minute. Between these known points runs a Brownian
bridge whose volatility is `noise` times Parkinson's estimate from the bar's own range, ``(high - low) / (2
sqrt(log 2))`` over the bar, cut off at high and low. Where *n = 2* only the first extreme is touched, with
*n = 1* the path is the closes.

Reference: Parkinson (1980), J. Business 53:61.
"""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bridged(bars: Floats, uniform: Floats, normal: Floats, noise: float) -> Floats:
    """Return the log path inside the bars of one asset.

    Parameters
    ----------
    bars : (4, B) log open, high, low, close over the close before.
    uniform : (B, 2) uniforms that place the extremes.
    normal : (B, n) standard normals of the bridge.
    noise : volatility of the bridge over Parkinson's.

    Returns
    -------
    (B, n) log price over the close before at the end of each step; the last column is the close.
    """
    start, high, low, close = bars
    count = normal.shape[1]
    deviation = noise * (high - low) / (2.0 * math.sqrt(math.log(2.0) * count))
    walk = np.zeros((len(close), count + 1))
    np.cumsum(normal * deviation[:, None], axis=1, out=walk[:, 1:])
    knots = extremes(uniform, count)
    values = np.stack([start, *np.where(close < start, (high, low), (low, high)), close], axis=1)
    path = walk + interpolated(knots, values - np.take_along_axis(walk, knots, axis=1), count)
    inside = np.clip(path[:, 1:], low[:, None], high[:, None])
    inside[:, -1] = close
    return inside


def extremes(uniform: Floats, count: int) -> NDArray[np.int64]:
    """Return (B, 4) steps of open, first extreme, second extreme and close among `count` steps."""
    first = np.clip(np.rint(count * (1.0 / 6.0 + uniform[:, 0] / 4.0)), 1, count)
    second = np.clip(np.rint(count * (7.0 / 12.0 + uniform[:, 1] / 4.0)), np.minimum(first + 1, count), count)
    inside = np.stack([np.zeros_like(first), first, second, np.full_like(first, count)], axis=1)
    return inside.astype(np.int64)


def interpolated(knots: NDArray[np.int64], values: Floats, count: int) -> Floats:
    """Return (B, count + 1) straight lines through `values` (B, 4) at `knots` (B, 4), non-decreasing."""
    step = np.arange(count + 1)
    right = 1 + (step > knots[:, 1:2]).astype(np.int64) + (step > knots[:, 2:3])
    x0, x1 = (np.take_along_axis(knots, at, axis=1) for at in (right - 1, right))
    y0, y1 = (np.take_along_axis(values, at, axis=1) for at in (right - 1, right))
    return y0 + (y1 - y0) * (step - x0) / np.maximum(x1 - x0, 1)
