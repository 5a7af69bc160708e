r"""Noise traders who spend a mean-reverting sum: the fundamental price is that sum over the whole supply.

They spend ξ USD on N contracts whatever the price, so that the price without anybody else is F = ξ / N, with

    log ξ[t+1] = ρ log ξ[t] + σ χ[t] + (1 − ρ) log(V N)                                          (1)

χ standard normal, V the price before the first step. In the long run the log return has the standard deviation

    σ √(2 / (1 + ρ)),                                                                            (2)

0.03508783 for ρ = 0.99 and σ = 0.035. Source: Thurner, Farmer and Geanakoplos (2012), noise traders.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

from model.price.process.innovation import price_innovations, setting
from model.price.process.path import PricePath, calm
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario


def return_sd(persistence: float, sd: float) -> float:
    """Return the standard deviation (2) of the log return a step."""
    return sd * math.sqrt(2.0 / (1.0 + persistence))


class NoiseDemand:
    """Mean-reverting demand of noise traders, an asset each."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the declared assets; volatility is that of a step, (2), not the declared one."""
        steps, days, price, _ = setting(scenario)
        persistence, sd = scenario.price.demand_persistence, scenario.price.demand_sd
        drawn = sd * price_innovations(scenario, streams, steps)
        level = lfilter([1.0], [1.0, -persistence], drawn, axis=0)
        volatility = np.full(price.size, return_sd(persistence, sd) / math.sqrt(days))
        return PricePath(np.diff(level, axis=0, prepend=0.0), price, volatility, calm(steps))
