"""Bootstrap intervals of the mean of skewed values.

Student's interval assumes that means are normal; uncovered losses are mostly zero with a few large ones. The
**bootstrap-t** (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 12.5) estimates by resampling
how far a mean lies from the truth in its own standard errors, on a scale g on which it has no bound: for a mean m
within (L, H)

    g(m) = m,    log(m − L),    −log(H − m)    or    log((m − L)/(H − m))                        (1)

where neither end, the lower, the upper or both are finite. With resampled means m* and standard deviations s*,

    t* = (g(m*) − g(m)) / (g'(m*) s*/√n),    ends g⁻¹( g(m) − t*₍₁₋τ₎ e ), g⁻¹( g(m) − t*₍τ₎ e ),   (2)

e = g'(m) s/√n, τ = (1 − level)/2. So a loss is never below zero nor a count above N by construction. The p of "the mean
is μ" is the smallest 1 − level at which (2) leaves μ out: test and interval cannot contradict each other. Where more
than a share τ of the resamples do not vary, the end is undefined: too few runs differ from the rest.

The *bias-corrected and accelerated* interval (BCa, Efron 1987, JASA 82:171, eq. 2.3) reads its ends off the resampled
means at levels moved by the median bias z₀ and the acceleration a,

    α(z) = Φ( z₀ + (z₀ + z) / (1 − a (z₀ + z)) ),    a = Σ dᵢ³ / (6 (Σ dᵢ²)^{3/2}),  dᵢ = xᵢ − x̄;   (3)

its coverage is lower for such values, docs/statistics.md. Draws are fixed by the number of values, so equal values have
equal intervals wherever they are computed.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr, ndtri

from experiments.statistics.interval import NONE, Ends
from experiments.statistics.kind import UNBOUNDED
from experiments.statistics.statistic import finite

RESAMPLES = 4_000
MOST_NUMBERS = 40_000_000  # most counts in memory; of very many values fewer resamples are drawn
SEED = 20_251_010
TINY = 1e-300
STILL = 1e-12  # spread relative to the values below which they do not vary

type Floats = NDArray[np.float64]
type Bounds = tuple[float, float]


class Studentised(NamedTuple):
    """A mean within `bounds`, its standard error e on the scale g, and the ordered t* of (2)."""

    mean: float
    error: float
    roots: Floats
    bounds: Bounds

    def interval(self, level: float = 0.95) -> Ends:
        """Return (2); None where an end is undefined."""
        last = len(self.roots)
        rank = max(int((1.0 - level) / 2.0 * (last + 1)), 1)
        upper, lower = self.roots[last - rank], self.roots[rank - 1]
        if not (math.isfinite(upper) and math.isfinite(lower)):
            return NONE
        low, high = (_moved(self.mean, -root * self.error, self.bounds) for root in (upper, lower))
        return Ends(low, high)

    def p(self, null: float = 0.0) -> float:
        """Return the two-sided p of the mean being `null`, at least 2 / (resamples + 1)."""
        statistic = -float(_apart(self.mean, np.array(null - self.mean), self.bounds)) / self.error
        beyond = min(np.sum(self.roots >= statistic), np.sum(self.roots <= statistic))
        return float(min(1.0, 2.0 * (beyond + 1) / (len(self.roots) + 1)))


def studentised(values: ArrayLike, bounds: Bounds = UNBOUNDED) -> Studentised | None:
    """Return the bootstrap-t of the mean of the finite `values`; None where they do not vary.

    Parameters
    ----------
    values : (n,) one number per replication, any unit.
    bounds : ends of the possible range of a value, infinite where there is none.
    """
    known = finite(values)
    if not varies(known) or not bounds[0] < float(known.mean()) < bounds[1]:
        return None
    number, mean, width = known.size, float(known.mean()), float(np.ptp(known))
    # Scaled before it is squared: the squares of very small deviations would underflow to zero.
    scaled = (known - mean) / width
    spread = width * float(scaled.std())
    scaled /= scaled.std()
    counts = _counts(number)
    moved = counts @ scaled / number
    variance = counts @ scaled**2 / number - moved**2
    error = spread * np.sqrt(np.where(variance > STILL, variance, 0.0) / (number - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = _apart(mean, spread * moved, bounds)
        roots = away / (_slope(mean + spread * moved, bounds) * error)
    # A resample that does not vary lies infinitely many of its own errors away.
    roots = np.where(error > 0.0, roots, np.where(away == 0.0, 0.0, np.copysign(np.inf, moved)))
    own = float(_slope(np.array(mean), bounds)) * spread / math.sqrt(number - 1)
    return Studentised(mean, own, np.sort(roots), bounds)


def bca_interval(values: ArrayLike, level: float = 0.95) -> Ends:
    """Return the BCa interval (3) of the mean of the finite `values`.

    Parameters
    ----------
    values : (n,) one number per replication, any unit.
    level : confidence level in (0, 1).

    Returns
    -------
    Ends
        NaN with fewer than two values; of no width where nothing varies.
    """
    known = finite(values)
    if known.size < 2:
        return NONE
    mean, deviation = known.mean(), known - known.mean()
    if not varies(known):
        return Ends(float(mean), float(mean))
    scale = np.abs(deviation).max()
    resampled = _counts(known.size) @ (deviation / scale) / known.size
    levels = _corrected(resampled, deviation / scale, level)
    low, high = mean + scale * np.quantile(resampled, levels)
    return Ends(float(low), float(high))


def varies(known: Floats) -> bool:
    """Return whether finite values differ by more than rounding."""
    return known.size > 1 and float(np.ptp(known)) > max(STILL * float(np.abs(known).max()), TINY)


def _apart(mean: float, step: Floats, bounds: Bounds) -> Floats:
    """Return g(mean + step) − g(mean) of (1)."""
    low, high = bounds
    if math.isinf(low) and math.isinf(high):
        return step
    below = np.log1p(step / (mean - low)) if math.isfinite(low) else 0.0
    return np.asarray(below - (np.log1p(-step / (high - mean)) if math.isfinite(high) else 0.0))


def _slope(mean: Floats, bounds: Bounds) -> Floats:
    """Return g'(mean) of (1)."""
    low, high = bounds
    if math.isinf(low) and math.isinf(high):
        return np.ones_like(mean)
    return np.asarray(1.0 / (mean - low) + 1.0 / (high - mean))


def _moved(mean: float, step: float, bounds: Bounds) -> float:
    """Return g⁻¹(g(mean) + step) of (1)."""
    low, high = bounds
    if math.isfinite(low) and math.isfinite(high):
        return float(low + (high - low) * expit(math.log((mean - low) / (high - mean)) + step))
    if math.isfinite(low):
        return float(low + (mean - low) * _grown(step))
    return float(high - (high - mean) * _grown(-step)) if math.isfinite(high) else mean + step


def _grown(step: float) -> float:
    """Return e to the `step`, inf beyond what a number can be: an end that the data do not bound."""
    with np.errstate(over="ignore"):
        return float(np.exp(step))


def _corrected(resampled: Floats, deviation: Floats, level: float) -> Floats:
    """Return the two levels of the resampled means at which the interval ends."""
    # Ties count half, as they do where many values are alike.
    below = (np.mean(resampled < 0.0) + np.mean(resampled <= 0.0)) / 2.0
    bias = ndtri(np.clip(below, 0.5 / len(resampled), 1.0 - 0.5 / len(resampled)))
    acceleration = np.sum(deviation**3) / (6.0 * np.sum(deviation**2) ** 1.5)
    moved = bias + ndtri([0.5 - level / 2, 0.5 + level / 2])
    return ndtr(bias + moved / (1.0 - acceleration * moved))


@lru_cache(maxsize=4)
def _counts(number: int) -> Floats:
    """Return (resamples, n) how often each value is drawn."""
    resamples = max(min(RESAMPLES, MOST_NUMBERS // number), 200)
    counts = np.zeros((resamples, number))
    # Resampling is arithmetic on results, apart from the model's own streams.
    draws = np.random.default_rng([SEED, number]).integers(0, number, (resamples, number))
    np.add.at(counts, (np.arange(resamples)[:, None], draws), 1.0)
    return counts
