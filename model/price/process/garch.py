"""GARCH(1,1) with Student-t innovations: volatility clusters and tails are fat.

With *h* the variance of one step, *s2* the variance of a step on average and *z* of unit variance::

    r[t] = drift + sqrt(h[t]) z[t],   h[t+1] = (1 - alpha - beta) s2 + alpha h[t] z[t]^2 + beta h[t],   h[0]
    = s2

so ``E h = s2`` at every step: the unconditional variance is the declared daily variance times the length of
a step, whatever *alpha* and *beta*. The innovations of one step share a chi-square *W* with *nu* degrees of
freedom, ``z_k = sqrt((nu - 2) / W) g_k`` with *g* one-factor normal: a multivariate t, of exactly the
declared correlation, whose assets have their worst minutes together.

References: Bollerslev (1986), J. Econometrics 31:307; Bollerslev (1990), REStat 72:498 (constant
correlation).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.core.kernel import kernel
from model.price.process.innovation import price_innovations, setting
from model.price.process.path import PricePath, calm
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario


@kernel
def garch_returns(z: NDArray[np.float64], level: NDArray[np.float64], alpha: float, beta: float) -> NDArray[np.float64]:
    """Return (T, K) driftless returns; `z` (T, K) has unit variance, `level` (K,) is the mean variance.

    Parameters
    ----------
    z : (T, K) innovations of T steps and K assets, with mean 0.
    level : (K,) log^2 per step.
    alpha, beta : 1, >= 0, weights of the last squared return and of the last variance, less than 1 together.

    Returns
    -------
    (T, K) log returns.
    """
    result = np.empty_like(z)
    for k in range(z.shape[1]):
        h = level[k]
        for t in range(z.shape[0]):
            result[t, k] = np.sqrt(h) * z[t, k]
            h = (1.0 - alpha - beta) * level[k] + alpha * result[t, k] ** 2 + beta * h
    return result


class Garch:
    """Correlated GARCH(1,1) processes."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the declared assets."""
        steps, days, price, volatility = setting(scenario)
        freedom = scenario.price.degrees_of_freedom
        z = price_innovations(scenario, streams, steps)
        mixing = streams.chi_square("price.mixing", freedom=freedom, size=steps)
        z *= np.sqrt((freedom - 2.0) / mixing)[:, None]
        returns = garch_returns(z, volatility**2 * days, scenario.price.garch_alpha, scenario.price.garch_beta)
        drift = (scenario.price.drift - 0.5 * volatility**2) * days
        return PricePath(drift + returns, price, volatility, calm(steps))
