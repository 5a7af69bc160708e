"""Effect sizes of paired differences, and p values adjusted for several tests.

With differences d of n pairs, mean d̄ and standard deviation s (tests of d̄ = 0: :mod:`experiments.statistics.estimate`):

- **Cohen's d** of pairs, d̄ / s, and **Hedges' g** = J d, which takes out its bias in small samples,
  J = Γ(m/2) / (√(m/2) Γ((m − 1)/2)), m = n − 1 (Hedges 1981, J. Educ. Stat. 6:107; Lakens 2013, Front. Psychol. 4:863);
- **Holm** (1979, Scand. J. Stat. 6:65) for questions fixed beforehand: the chance of even one false claim in the family
  is at most the level. Adjusted p of rank k of m: max over j <= k of (m − j + 1) p₍ⱼ₎;
- **Benjamini and Hochberg** (1995, J. R. Stat. Soc. B 57:289) for exploration: of the claims made, at most that share
  is false in expectation. Adjusted p of rank k: min over j >= k of m p₍ⱼ₎ / j.

Tests that are undefined (NaN) belong to no family and stay undefined.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from experiments.statistics.statistic import finite

type Floats = NDArray[np.float64]


class Effect(NamedTuple):
    """Size of a paired difference over its own standard deviation, pure numbers; NaN where nothing varies."""

    cohen: float
    hedges: float


def effect_size(differences: ArrayLike) -> Effect:
    """Return the effect sizes of the finite `differences`, (n,)."""
    known = finite(differences)
    spread = _spread(known)
    if not spread > 0.0:
        return Effect(math.nan, math.nan)
    cohen = float(known.mean() / spread)
    return Effect(cohen, cohen * small_sample_factor(known.size - 1))


def small_sample_factor(degrees: int) -> float:
    """Return Hedges' J; NaN below two degrees of freedom, where it has no value."""
    if degrees < 2:
        return math.nan
    return float(np.exp(gammaln(degrees / 2) - gammaln((degrees - 1) / 2)) / math.sqrt(degrees / 2))


def holm(p: ArrayLike) -> Floats:
    """Return Holm's adjusted p values, shaped like `p`."""
    return _adjusted(p, lambda ordered: np.maximum.accumulate(ordered * np.arange(len(ordered), 0, -1)))


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Return Benjamini and Hochberg's adjusted p values, shaped like `p`."""

    def rule(ordered: Floats) -> Floats:
        number = len(ordered)
        return np.minimum.accumulate((ordered * number / np.arange(1, number + 1))[::-1])[::-1]

    return _adjusted(p, rule)


def _adjusted(p: ArrayLike, rule: Callable[[Floats], Floats]) -> Floats:
    adjusted = np.array(p, dtype=np.float64)
    known = np.isfinite(adjusted)
    order = np.argsort(adjusted[known], kind="stable")
    values = np.empty(len(order))
    values[order] = np.minimum(rule(adjusted[known][order]), 1.0)
    adjusted[known] = values
    return adjusted


def _spread(known: Floats) -> float:
    if known.size < 2:
        return math.nan
    spread = float(known.std(ddof=1))
    return spread if spread > 1e-12 * float(np.abs(known).max()) else 0.0
