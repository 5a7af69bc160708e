"""Summaries of values that are not skewed: a mean with Student's interval, and what pairing gains.

Metrics of runs are skewed, bounded or events and have the intervals of :mod:`experiments.statistics.estimate`; those
of this module serve the validation suite, whose values are means already.

A comparison is paired: replication r of one arrangement and replication r of another saw the same shocks, so their
difference is estimated from the differences d_r = a_r - b_r, whose variance is

    var(d) = var(a) + var(b) - 2 cov(a, b).

The *variance-reduction factor* (var(a) + var(b)) / var(d) says how many times more independent replications
would have been needed for the same interval (Law, *Simulation Modeling and Analysis*, 5th ed., section 11.2).
Intervals are Student's: mean ± t(n-1) s / sqrt(n), s with n - 1 in the denominator. A replication without a
value (NaN: for example the time of an exhaustion that never came) is left out; what is undefined is NaN,
never zero.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

# Differences whose spread is below this fraction of the spread of their terms are rounding, not variation.
ROUNDING = 1e-12


class Interval(NamedTuple):
    """A mean and its confidence interval, in the unit of the values; `number` replications had a value."""

    mean: float
    low: float
    high: float
    number: int


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Mean and Student interval of the finite `values`.

    Parameters
    ----------
    values : (n,) one number per replication, any unit.
    level : confidence level in (0, 1).

    Returns
    -------
    Interval
        With no value all three numbers are NaN; with one value the interval is NaN.
    """
    known = finite(values)
    if known.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(known.mean())
    half = _half_width(known, level)
    return Interval(mean, mean - half, mean + half, known.size)


def correlation(a: ArrayLike, b: ArrayLike) -> float:
    """Pearson correlation of paired values; NaN where either does not vary."""
    first, second = _both_finite(a, b)
    if not (_varies(first) and _varies(second)):
        return math.nan
    left, right = _direction(first), _direction(second)
    return float(np.clip(left @ right, -1.0, 1.0))


def variance_reduction(a: ArrayLike, b: ArrayLike) -> float:
    """(var(a) + var(b)) / var(a - b); NaN where a - b does not vary."""
    first, second = _both_finite(a, b)
    if first.size < 2:
        return math.nan
    apart = float(first.var(ddof=1) + second.var(ddof=1))
    paired = float((first - second).var(ddof=1))
    # Rounding in a - b scales with the values themselves, so the floor has to as well.
    size = float(np.mean(first**2) + np.mean(second**2))
    return apart / paired if paired > ROUNDING**2 * size else math.nan


def skewness(values: NDArray[np.float64]) -> float:
    """Return the skewness G₁ of finite `values`, (n,); 0 where nothing varies."""
    deviation = values - values.mean()
    spread = np.abs(deviation).max(initial=0.0)
    if spread <= ROUNDING * np.abs(values).max(initial=0.0):
        return 0.0
    scaled = deviation / spread
    return float(np.mean(scaled**3) / np.mean(scaled**2) ** 1.5)


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """Return the finite among `values`, in their order."""
    array = np.asarray(values, dtype=np.float64)
    return array[np.isfinite(array)]


def _half_width(values: NDArray[np.float64], level: float) -> float:
    if values.size < 2:
        return math.nan
    return float(stdtrit(values.size - 1, 0.5 + level / 2) * values.std(ddof=1) / math.sqrt(values.size))


def _direction(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # Scaled before it is squared: the squares of very small deviations would underflow to zero.
    deviation = values - values.mean()
    deviation /= np.abs(deviation).max()
    return deviation / np.linalg.norm(deviation)


def _varies(values: NDArray[np.float64]) -> bool:
    if values.size < 2:
        return False
    return float(values.std()) > ROUNDING * float(np.abs(values).max())


def _both_finite(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired values must have equal lengths: {first.shape} and {second.shape}")
    kept = np.isfinite(first) & np.isfinite(second)
    return first[kept], second[kept]
