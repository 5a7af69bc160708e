"""Volatility that wanders on two time scales, common to all assets: fat tails, and clusters that last for weeks.

With *s* the declared volatility a day, *g* its long-run excess, *z* one-factor normal and *dt* days a step::

    log F[t+1] - log F[t] = (mu - v[t]^2 / 2) dt + v[t] sqrt(dt) z[t]
    v[t] = g s exp(x[t] + y[t] - var x - var y)

*x* (fast) and *y* (slow) are Ornstein-Uhlenbeck processes in their stationary law, of standard deviation and half-life
as declared, ``x[t+1] = a x[t] + sd sqrt(1 - a^2) e[t]`` with ``a = 2^(-dt / half-life)``: exact at any step, so the law
of an hour's move hardly depends on the length of a step, as long as that is well below the fast half-life. ``E v^2 = (g
s)^2``; the median of *v* is lower. The volatility known before the run is the seasonal one, ``g s
exp(y[0] - var y)``, the root mean square of *v* whatever *x*.

There are no jumps. Were the large hourly moves single jumps, high and low would lie hardly further apart than open and
close; of BTC and ETH, 2020-26, the range of hours beyond eight standard deviations is 1.5 times their move.

References: Taylor (1986), "Modelling Financial Time Series"; Chernov, Gallant, Ghysels, Tauchen (2003), J. Econometrics
116:225 (two factors).
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.core.kernel import kernel
from model.price.process.innovation import price_innovations, setting
from model.price.process.path import PricePath, calm
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]
HOURS_A_DAY = 24.0


@kernel
def autoregression(normal: Floats, kept: float) -> Floats:
    """Return a stationary AR(1) of unit variance; `normal` (T,) are its innovations, `kept` its autocorrelation."""
    result = np.empty_like(normal)
    fresh, value = np.sqrt(1.0 - kept * kept), normal[0]
    for t in range(len(normal)):
        value = normal[t] if t == 0 else kept * value + fresh * normal[t]
        result[t] = value
    return result


def component(streams: Streams, name: str, sd: float, half_life: float, days: float, steps: int) -> Floats:
    """Return a (steps,) part of log volatility less its variance, so that the mean of its exponential's square is 1.

    Parameters
    ----------
    sd : log, standard deviation.
    half_life : hours.
    days : length of a step.
    """
    normal = streams.normal(f"price.volatility.{name}", size=steps)
    return sd * autoregression(normal, 0.5 ** (HOURS_A_DAY * days / half_life)) - sd**2


class StochasticVolatility:
    """Correlated diffusions of one wandering volatility."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the declared assets."""
        steps, days, price, volatility = setting(scenario)
        rule = scenario.price
        slow = component(streams, "slow", rule.slow_sd, rule.slow_half_life, days, steps)
        fast = component(streams, "fast", rule.fast_sd, rule.fast_half_life, days, steps)
        now = rule.volatility_excess * np.exp(slow + fast)[:, None] * volatility
        z = price_innovations(scenario, streams, steps)
        returns = (rule.drift - 0.5 * now**2) * days + math.sqrt(days) * now * z
        known = rule.volatility_excess * math.exp(slow[0]) * volatility
        return PricePath(returns, price, known, calm(steps))
