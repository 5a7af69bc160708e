"""Weights whose mean is one, so that no estimate of a probability can exceed one.

A likelihood ratio w has mean one; that of n replications has not, and Σ w 1{event} / n, unbiased as it is, may say 1.05
of an event that always comes. Of all weights p_i w_i with Σ p_i = 1 and Σ p_i w_i = 1 those are taken that maximise
Π p_i, the empirical likelihood,

    v_i = w_i / (1 + λ (w_i − 1)),   Σ (w_i − 1) / (1 + λ (w_i − 1)) = 0.                          (1)

They are positive with mean one, so that an estimate Σ v 1{event} / n lies in [0, 1] by construction, and so does what
is left to the complement. To first order this is the regression estimator with w as control variate: its variance is
not above that of the unbiased one, its bias of order 1/n.

References: Owen, *Empirical Likelihood* (2001), 8.10; Deville and Särndal (1992), J. American Statistical Association
87:376; Owen and Zhou (2000), ibid. 95:135.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]
INSIDE = 1.0 - 1e-9


def calibrated(weights: Floats) -> Floats:
    """Return the weights (n,) of equation (1), mean one, for likelihood ratios (n,), positive.

    Where all ratios lie to one side of one, as in a few replications they may, they are divided by their mean.
    """
    excess = weights - 1.0
    least, most = float(excess.min()), float(excess.max())
    if not least < 0.0 < most:
        return weights / weights.mean()
    root = brentq(lambda pull: float((excess / (1.0 + pull * excess)).sum()), -INSIDE / most, -INSIDE / least)
    result: Floats = weights / (1.0 + root * excess)
    return result / result.mean()
