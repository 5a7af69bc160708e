"""Exact and score intervals of probabilities, and the exact paired test of two of them.

**One probability.** k of n independent runs had it. The interval of Clopper and Pearson (1934, Biometrika 26:404)
holds every p that neither tail of Binomial(n, p) rejects at (1 − level) / 2,

    p_low = B⁻¹((1 − level)/2; k, n − k + 1),    p_high = B⁻¹((1 + level)/2; k + 1, n − k)       (1)

B⁻¹ the quantile of the beta distribution; p_low = 0 where k = 0, p_high = 1 where k = n. It covers at least `level`
whatever p is. From 0 of n follows p_high = 1 − ((1 − level)/2)^(1/n): 3.62 % from 0 of 100.

**Two probabilities on the same worlds.** b worlds had it in the first arrangement only, c in the second only; the
others say nothing about the difference δ = p₁ − p₂. Were the two alike, each of the b + c would be a toss of a coin:
the exact test of McNemar (1947, Psychometrika 12:153),

    p = min(1, 2 P(Binomial(b + c, 1/2) <= min(b, c))).                                         (2)

4 of 100 worlds against none have p = 0.125. The interval of δ is Tango's (1998, Stat. Med. 17:891): every δ that the
score test does not reject,

    (b − c − n δ)² <= z² n (2 q + δ (1 − δ)),   q = (√(w² − 4·2n·v) − w) / (4n),                (3)
    w = −b − c + (2n − b + c) δ,   v = −c δ (1 − δ),

q the likeliest P(second only) given δ. It lies in [−1, 1] and has a width where nothing differed. Where (2) does not
reject at 1 − level, the interval is widened to hold zero, so that test and interval never contradict each other.
"""

import math
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.special import bdtr, betaincinv, ndtri


class Ends(NamedTuple):
    """Ends of an interval in the unit of the values; NaN where there is none."""

    low: float
    high: float


NONE = Ends(math.nan, math.nan)
NEXT = 1e-9


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval (1) of a probability.

    Parameters
    ----------
    k : runs in which the event happened, 0 <= k <= n.
    n : independent runs; with none the interval is [0, 1].
    level : confidence level in (0, 1).

    Raises
    ------
    ValueError
        If k is not among 0 to n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} runs: allowed: 0 to {n}")
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
    return Ends(low, high)


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Return the two-sided exact p of (2); 1 where no world differs."""
    discordant = first_only + second_only
    if discordant == 0:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(min(first_only, second_only), discordant, 0.5)))


def paired_probability(first_only: int, second_only: int, n: int, level: float = 0.95) -> Ends:
    """Return the interval (3) of the difference of two probabilities on the same worlds.

    Parameters
    ----------
    first_only, second_only : worlds b and c with the event in one arrangement only, b + c <= n.
    n : worlds; with none the interval is [−1, 1].
    level : confidence level in (0, 1).
    """
    if not 0 <= first_only + second_only <= n:
        raise ValueError(f"{first_only} and {second_only} of {n} worlds: allowed: at most {n} in all")
    if n == 0:
        return Ends(-1.0, 1.0)
    low, high = -_tango(second_only, first_only, n, level), _tango(first_only, second_only, n, level)
    if mcnemar_p(first_only, second_only) > 1.0 - level:
        return Ends(min(low, 0.0), max(high, 0.0))
    return Ends(low, high)


def _tango(b: int, c: int, n: int, level: float) -> float:
    """Return the upper end: the largest δ that the score test does not reject."""
    estimate, z = (b - c) / n, float(ndtri(0.5 + level / 2.0))
    if estimate >= 1.0:
        return 1.0

    def beyond(delta: float) -> float:
        # Distance of δ from the estimate over its standard error given δ, less z.
        w = -b - c + (2 * n - b + c) * delta
        q = (math.sqrt(max(w * w + 8 * n * c * delta * (1.0 - delta), 0.0)) - w) / (4 * n)
        variance = n * max(2.0 * q + delta * (1.0 - delta), 0.0)
        return n * (delta - estimate) - z * math.sqrt(variance)

    # At the estimate itself the standard error can be zero, which is a root and no end.
    start = estimate + NEXT
    return float(brentq(beyond, start, 1.0, xtol=1e-12)) if beyond(1.0) > 0.0 else 1.0
