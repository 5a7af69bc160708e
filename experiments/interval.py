"""Exact intervals of probabilities.

With k events in n independent replications the interval of Clopper and Pearson (1934, Biometrika 26:404) has the ends

    low = Beta⁻¹((1 − level)/2; k, n − k + 1),    high = Beta⁻¹((1 + level)/2; k + 1, n − k)                 (1)

0 where k = 0 and 1 where k = n. It covers at least as often as it says whatever the probability, and never leaves
[0, 1].
"""

import math
from typing import NamedTuple

from scipy.special import betaincinv


class Exact(NamedTuple):
    """Ends of an exact interval of a probability, in [0, 1]."""

    low: float
    high: float


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Exact:
    """Return the interval (1) of a probability of which `k` of `n` replications saw the event; NaN where n is 0.

    Parameters
    ----------
    k, n : events and replications, 0 <= k <= n.
    level : confidence level in (0, 1).
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n}: allowed is 0 to {n}")
    if n == 0:
        return Exact(math.nan, math.nan)
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
    return Exact(low, high)
