"""The interval for one more replication, within the possible range of the number.

Student's interval for one more of n normal values, m ± t(n − 1) s √(1 + 1/n), is taken on a scale without ends and
mapped back, so that it cannot leave the range: logarithms of distances from the end of a half-open range, the logits of
shares of the way between two ends. A share of zero or one has no logit: where there is one, all are drawn in to
(u (n − 1) + ½) / n first (Smithson and Verkuilen 2006, Psychological Methods 11:54). At a single end half the smallest
distance stands for zero.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from experiments.statistics.verdict import LEVEL, Value

Floats = NDArray[np.float64]
ANY = (-math.inf, math.inf)
POSITIVE = (0.0, math.inf)
SHARE = (0.0, 1.0)
FALL = (-1.0, 0.0)


def one_more(values: Floats, bounds: tuple[float, float] = ANY, level: float = LEVEL) -> Value:
    """Return the mean of (n >= 2,) `values` and the interval for one more.

    Parameters
    ----------
    values : within `bounds`.
    bounds : both finite, none, or the lower one only.
    level : confidence level in (0, 1).
    """
    least, most = bounds
    mean = float(values.mean())
    if math.isfinite(most):
        shares = (values - least) / (most - least)
        if shares.min() <= 0.0 or shares.max() >= 1.0:
            shares = (shares * (len(values) - 1) + 0.5) / len(values)
        low, high = least + (most - least) * expit(_student(logit(shares), level))
    elif math.isfinite(least):
        away = values - least
        if not away.any():
            return Value(mean, mean, mean)
        floor = max(away[away > 0.0].min() / 2.0, np.finfo(float).tiny)
        with np.errstate(over="ignore"):
            low, high = least + np.exp(_student(np.log(np.maximum(away, floor)), level))
    else:
        low, high = _student(values, level)
    return Value(mean, float(low), float(high))


def _student(values: Floats, level: float) -> Floats:
    number = len(values)
    half = stdtrit(number - 1, 0.5 + 0.5 * level) * values.std(ddof=1) * math.sqrt(1.0 + 1.0 / number)
    ends: Floats = values.mean() + half * np.array([-1.0, 1.0])
    return ends
