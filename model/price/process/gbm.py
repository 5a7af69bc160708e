"""Geometric Brownian motion, correlated between assets by one factor.

In a step of *dt* days, with volatility *s* and expected growth *mu* a day::

    log F[t+1] - log F[t] = (mu - s^2 / 2) dt + s sqrt(dt) z[t]

so that ``E F[t] = F[0] exp(mu t)``. Reference: Glasserman, "Monte Carlo Methods in Financial Engineering"
(2003), 3.2.
"""

import math
from typing import TYPE_CHECKING

from model.price.process.innovation import price_innovations, setting
from model.price.process.path import PricePath, calm
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario


class GeometricBrownianMotion:
    """Correlated geometric Brownian motions."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the declared assets."""
        steps, days, price, volatility = setting(scenario)
        z = price_innovations(scenario, streams, steps)
        drift = (scenario.price.drift - 0.5 * volatility**2) * days
        return PricePath(drift + volatility * math.sqrt(days) * z, price, volatility, calm(steps))
