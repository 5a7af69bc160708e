"""A quantile from replications: which order statistic it is, and which two enclose it.

Let C be the least capital at which a replication leaves nothing uncovered, F its distribution and C₍₁₎ ≤ … ≤ C₍ₙ₎ its
order statistics over n independent replications. The least capital at which the share of replications with uncovered
loss is at most 1 − q is C₍ₖ₎ with k = ⌈n q⌉. The number of replications below the q-quantile of F is Binomial(n, q), so

    P(C₍ₗ₎ ≤ F⁻¹(q) ≤ C₍ᵤ₎) ≥ P(l ≤ B ≤ u − 1),    B ~ Binomial(n, q)                           (1)

whatever F is (David and Nagaraja, *Order Statistics*, 3rd ed., section 7.1). The upper end does not exist where
P(B = n) = qⁿ exceeds the error allowed there: n is then too small to bound the quantile from above. Intervals of
several quantiles hold together where the error at each end is divided by their number (Bonferroni).
"""

import math
from typing import NamedTuple

from scipy.special import bdtr, bdtrik


class Ranks(NamedTuple):
    """Ranks from 1 of the estimate and of the ends of its interval; `low` 0 and `high` None where there is none."""

    low: int
    estimate: int
    high: int | None


def ranks(number: int, target: float, level: float = 0.95, together: int = 1) -> Ranks:
    """Return the ranks among `number` replications that estimate and enclose the `target` quantile by (1).

    Parameters
    ----------
    number : replications, n >= 1.
    target : the quantile q in (0, 1).
    level : confidence of the interval; half of the error is allowed at each end.
    together : quantiles, whose intervals are to hold all together.
    """
    tail = (1.0 - level) / 2.0 / together
    low = quantile(tail, number, target)
    high = quantile(1.0 - tail, number, target) + 1
    return Ranks(low, math.ceil(number * target - 1e-9), high if high <= number else None)


def quantile(probability: float, number: int, target: float) -> int:
    """Return the least k with P(Binomial(number, target) <= k) >= `probability`.

    As ``scipy.stats.binom.ppf``, whose import takes as long as that of pandas.
    """
    near = math.ceil(bdtrik(probability, number, target))
    return near - 1 if near > 0 and bdtr(near - 1, number, target) >= probability else near


def least_number(target: float, level: float = 0.95, together: int = 1) -> int:
    """Return the least n whose interval has an upper end: qⁿ ≤ (1 − level) / 2, over quantiles that hold together."""
    return math.ceil(math.log((1.0 - level) / 2.0 / together) / math.log(target))
