"""Value at risk and expected shortfall: of losses that were observed, and in closed form.

A loss L (USD, > 0 is bad) with distribution function F has, at a level α in (0, 1),

    VaR_α = min { x : F(x) >= α }                                                              (1)
    ES_α  = ( E[L; L > VaR_α] + VaR_α · (F(VaR_α) − α) ) / (1 − α)                              (2)

(1) is the lower quantile, never interpolated: the smallest loss that is enough in a share α of all cases. (2) is the
mean of the worst 1 − α of all cases, where an atom at the quantile counts only as far as it belongs to them; so (2)
stays coherent where F jumps, which the mean of the losses above the quantile does not (Acerbi and Tasche 2002, *On the
coherence of expected shortfall*, definition 2.6; Rockafellar and Uryasev 2002, *Conditional value-at-risk for general
loss distributions*, proposition 6). The fund's uncovered loss is such a loss: most of its mass is at zero.

The closed forms are those of McNeil, Frey and Embrechts, *Quantitative Risk Management*, section 2.3: normal, Student
scaled to a given standard deviation, and Pareto. Every function takes one level or an array of them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtri, stdtrit

from agents.core.argument import finite, non_negative, number, positive

# A rank n·α this close above a whole number, relative to n, is that number: 100 · 0.07 is 7 and not 7.000000000000001.
ROUNDING = 1e-12

type Floats = NDArray[np.float64]


class Risk(NamedTuple):
    """Value at risk and expected shortfall in the unit of the loss, shaped like the level."""

    value_at_risk: Floats
    expected_shortfall: Floats


def value_at_risk(losses: ArrayLike, level: ArrayLike) -> Floats:
    """Return (1) for equally likely losses: the ⌈n·α⌉-th smallest of n.

    Parameters
    ----------
    losses : any shape, n >= 1 numbers, USD, gains < 0; taken as one sample.
    level : α in (0, 1), a number or an array.

    Returns
    -------
    USD, shaped like `level`.

    Raises
    ------
    ValueError : without losses, for a loss that is not finite, or for a level outside (0, 1).
    """
    ordered, alpha = _ordered(losses), _level(level)
    return ordered[_rank(alpha, len(ordered)) - 1]


def expected_shortfall(losses: ArrayLike, level: ArrayLike) -> Floats:
    """Return (2) for equally likely losses: the mean of the worst n·(1 − α), the one at the quantile in part.

    Parameters, shape and errors are those of :func:`value_at_risk`. Never below the value at risk.
    """
    ordered, alpha = _ordered(losses), _level(level)
    number = len(ordered)
    rank = _rank(alpha, number)
    above = np.append(np.cumsum(ordered[::-1])[::-1], 0.0)[rank]
    quantile = ordered[rank - 1]
    return np.maximum((above + quantile * (rank - number * alpha)) / (number * (1.0 - alpha)), quantile)


def normal_risk(sd: ArrayLike, level: ArrayLike, mean: ArrayLike = 0.0) -> Risk:
    """Return the risk of a normal loss: μ + σ z and μ + σ φ(z) / (1 − α), z = Φ⁻¹(α).

    Parameters
    ----------
    sd : standard deviation σ >= 0, USD.
    level : α in (0, 1).
    mean : expected loss μ, USD.

    Raises
    ------
    ValueError : for an infinite or negative `sd`, a `mean` that is not finite, or a level outside (0, 1).
    """
    alpha, scale, mean = _level(level), non_negative("sd", sd), finite("mean", mean)
    z = ndtri(alpha)
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return Risk(mean + scale * z, mean + scale * density / (1.0 - alpha))


def student_risk(sd: ArrayLike, level: ArrayLike, degrees: float = 4.0, mean: ArrayLike = 0.0) -> Risk:
    """Return the risk of a Student loss of standard deviation σ: its scale is s = σ √((ν − 2) / ν), not σ.

    With q = t_ν⁻¹(α) and density g_ν:  μ + s q  and  μ + s · g_ν(q) / (1 − α) · (ν + q²) / (ν − 1).

    Parameters
    ----------
    sd : standard deviation σ >= 0, USD.
    level : α in (0, 1).
    degrees : degrees of freedom ν > 2, below which there is no standard deviation; the limit is the normal loss.
    mean : expected loss μ, USD.

    Raises
    ------
    ValueError : as :func:`normal_risk`, or for degrees that are not one finite number above 2.
    """
    if not number("degrees", degrees) > 2.0:
        raise ValueError(f"degrees {degrees}: allowed: more than 2, or the loss has no standard deviation")
    mean = finite("mean", mean)
    alpha, scale = _level(level), non_negative("sd", sd) * np.sqrt((degrees - 2.0) / degrees)
    q = stdtrit(degrees, alpha)
    constant = gammaln(0.5 * (degrees + 1.0)) - gammaln(0.5 * degrees) - 0.5 * np.log(degrees * np.pi)
    density = np.exp(constant - 0.5 * (degrees + 1.0) * np.log1p(q * q / degrees))
    tail = density / (1.0 - alpha) * (degrees + q * q) / (degrees - 1.0)
    return Risk(mean + scale * q, mean + scale * tail)


def pareto_risk(exponent: ArrayLike, level: ArrayLike, minimum: ArrayLike = 1.0) -> Risk:
    """Return the risk of a Pareto loss, P(L > x) = (x_m / x)^a: VaR = x_m (1 − α)^(−1/a), ES = VaR · a / (a − 1).

    Parameters
    ----------
    exponent : tail exponent a > 0; with a <= 1 the expected shortfall is infinite.
    level : α in (0, 1).
    minimum : least loss x_m >= 0, USD.

    Raises
    ------
    ValueError : for an `exponent` that is not finite and above 0, an infinite or negative `minimum`, or a level
        outside (0, 1).
    """
    tail = positive("exponent", exponent)
    quantile = non_negative("minimum", minimum) * (1.0 - _level(level)) ** (-1.0 / tail)
    heavy = tail <= 1.0
    return Risk(quantile, np.where(heavy, np.inf, quantile * tail / np.where(heavy, 1.0, tail - 1.0)))


def _rank(alpha: Floats, number: int) -> NDArray[np.int64]:
    """Return ⌈n·α⌉ between 1 and n."""
    return np.clip(np.ceil(number * alpha - ROUNDING * number), 1, number).astype(np.int64)


def _ordered(losses: ArrayLike) -> Floats:
    found = np.sort(np.asarray(losses, dtype=np.float64), axis=None)
    if not len(found):
        raise ValueError("losses are empty; allowed: one or more")
    if not np.isfinite(found[[0, -1]]).all():
        raise ValueError("losses hold a value that is not a finite number")
    return found


def _level(level: ArrayLike) -> Floats:
    alpha = np.asarray(level, dtype=np.float64)
    if not np.all((alpha > 0.0) & (alpha < 1.0)):
        raise ValueError(f"level {alpha}: allowed: between 0 and 1, both excluded")
    return alpha
