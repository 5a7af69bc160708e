"""Bootstrap intervals: of a mean where the values are skewed, and of a statistic of the tail.

Student's interval trusts that means are normal; uncovered losses are mostly zero with a few large ones. The
*bias-corrected and accelerated* interval (BCa, Efron 1987, JASA 82:171, eq. 2.3) reads its ends off the resampled means
θ* at levels moved by the median bias z₀ and the acceleration a,

    α(z) = Φ( z₀ + (z₀ + z) / (1 − a (z₀ + z)) ),    a = Σ dᵢ³ / (6 (Σ dᵢ²)^{3/2}),  dᵢ = xᵢ − x̄,

z = ∓Φ⁻¹(level); for a mean the jackknife gives that a. Quantiles and expected shortfall take the *percentile* interval
(Efron and Tibshirani 1993, chapter 13), because their jackknife is not consistent. Draws are fixed by the number of
values, so equal values have equal intervals wherever they are computed.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from experiments.statistic import finite

RESAMPLES = 4_000
TAIL_RESAMPLES = 1_000
SEED = 20_251_010

type Floats = NDArray[np.float64]


class Ends(NamedTuple):
    """Ends of an interval in the unit of the values; NaN where it is undefined."""

    low: float
    high: float


def bca_interval(values: ArrayLike, level: float = 0.95) -> Ends:
    """Return the BCa interval of the mean of the finite `values`.

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
        return Ends(math.nan, math.nan)
    mean, deviation = known.mean(), known - known.mean()
    scale = np.abs(deviation).max()
    if scale <= 1e-12 * np.abs(known).max():
        return Ends(float(mean), float(mean))
    resampled = _counts(known.size) @ (deviation / scale) / known.size
    levels = _corrected(resampled, deviation / scale, level)
    low, high = mean + scale * np.quantile(resampled, levels)
    return Ends(float(low), float(high))


def percentile_interval(values: ArrayLike, statistic: Callable[[Floats], float], level: float = 0.95) -> Ends:
    """Return the percentile interval of `statistic` of the finite `values`; parameters as :func:`bca_interval`."""
    known = finite(values)
    if known.size < 2:
        return Ends(math.nan, math.nan)
    found = [float(statistic(known[row])) for row in _draws(known.size, TAIL_RESAMPLES)]
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    return Ends(float(low), float(high))


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
    counts = np.zeros((RESAMPLES, number))
    np.add.at(counts, (np.arange(RESAMPLES)[:, None], _draws(number, RESAMPLES)), 1.0)
    return counts


def _draws(number: int, resamples: int) -> NDArray[np.int64]:
    # Resampling is arithmetic on results, apart from the model's own streams.
    return np.random.default_rng([SEED, number]).integers(0, number, (resamples, number))
