"""Merton's jump diffusion: Brownian motion, and jumps that strike all assets in the same step.

In a step of *dt* days the number of jumps *N* is Poisson with mean ``lambda dt``; asset *k* of daily
volatility *s* jumps by ``s (m N + d sqrt(N) z)``, *m* and *d* being the mean and standard deviation of a
jump in daily standard deviations and *z* one-factor normal. The compensator ``lambda (exp(s m + (s d)^2 /
2) - 1)`` keeps the expected growth at *mu*. Jumps come on top of the declared volatility: the daily
variance is ``s^2 (1 + lambda (m^2 + d^2))``.

Reference: Merton (1976), J. Financial Economics 3:125.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from model.price.process.innovation import price_innovations, setting
from model.price.process.path import PricePath, calm
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario

_MOST_JUMPS = 1000


def poisson(uniform: NDArray[np.float64], mean: float) -> NDArray[np.int64]:
    """Return Poisson counts: the smallest *n* whose probability ``P(N <= n)`` reaches `uniform`."""
    most = min(_MOST_JUMPS, int(mean + 12.0 * math.sqrt(mean) + 20.0))
    return np.searchsorted(pdtr(np.arange(most), mean), uniform)


def compensator(intensity: float, mean: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the growth a day, ``lambda (E exp(J) - 1)``, that normal log jumps J bring about."""
    return intensity * np.expm1(mean + 0.5 * sd**2)


class JumpDiffusion:
    """Correlated diffusions with common jumps."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the declared assets."""
        steps, days, price, volatility = setting(scenario)
        rule = scenario.price
        mean, sd = volatility * rule.jump_mean, volatility * rule.jump_sd
        count = poisson(streams.uniform("price.jump", size=steps), rule.jump_intensity * days)[:, None]
        jump = mean * count + sd * np.sqrt(count) * price_innovations(scenario, streams, steps, "price.jump")
        drift = rule.drift - 0.5 * volatility**2 - compensator(rule.jump_intensity, mean, sd)
        diffusion = volatility * math.sqrt(days) * price_innovations(scenario, streams, steps)
        return PricePath(drift * days + diffusion + jump, price, volatility, calm(steps))
