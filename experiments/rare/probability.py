"""A probability estimated from weighted replications, how sure it is, and what the weights gained.

The estimate is the mean of x = w 1{event}; its variance is taken within the components m of the deterministic mixture,

    var = Σ_m (n_m / n)² s_m² / n_m.                                                            (1)

The interval is normal in log P, for a probability that varies by a factor rather than by an amount. Where no
replication shows the event, all that is known is P <= W (1 − 0.05^(1/n)), W the largest possible weight: a run shows
the event with probability at least P / W, and n runs none with at most (1 − P / W)^n.

**Gain** at equal work: plain Monte Carlo of as many runs as this estimate took, its pilot included, would have variance
P (1 − P) / runs; gain is that over `var`. All runs of a scenario have the same number of steps, so runs are steps.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL = 1.959963984540054  # 97.5 % quantile
DOUBT = 0.05


class Probability(NamedTuple):
    """An estimate; pure numbers."""

    value: float
    low: float
    high: float
    error: float  # standard error
    hits: int  # replications that showed the event
    largest: float  # share of the estimate that hangs on one replication

    @property
    def relative_error(self) -> float:
        """Standard error over estimate, NaN where nothing was seen."""
        return self.error / self.value if self.value > 0.0 else math.nan

    def gain(self, work: float) -> float:
        """Return plain Monte Carlo's variance with `work` runs over this variance, NaN where nothing was seen."""
        if not self.value > 0.0 or not self.error > 0.0:
            return math.nan
        return self.value * (1.0 - self.value) / work / self.error**2

    def plain_runs(self) -> float:
        """Return how many plain runs would be as sure, NaN where nothing was seen."""
        return self.gain(1.0)


def probability(event: NDArray[np.bool_], weights: Floats, component: NDArray[np.int64]) -> Probability:
    """Return the estimate.

    Parameters
    ----------
    event : (n,) whether the replication showed it.
    weights : (n,) likelihood ratios, >= 0.
    component : (n,) which component of the mixture drew it.
    """
    x = weights * event
    value = float(x.mean())
    if not value > 0.0:
        return Probability(0.0, 0.0, unseen(len(x), bound(component)), 0.0, 0, math.nan)
    error = standard_error(x, component)
    factor = math.exp(NORMAL * error / value)
    largest = float(x.max() / x.sum())
    return Probability(value, value / factor, min(value * factor, 1.0), error, int(event.sum()), largest)


def standard_error(values: Floats, component: NDArray[np.int64]) -> float:
    """Return the standard error of the mean of `values`, (n,), dealt in fixed numbers to components, equation (1)."""
    variance = 0.0
    for m in np.unique(component):
        own = values[component == m]
        # A component of a single replication tells no spread; its square overstates it.
        variance += len(own) * float(own.var(ddof=1)) if len(own) > 1 else float(own[0] ** 2)
    return math.sqrt(variance) / len(values)


def bound(component: NDArray[np.int64]) -> float:
    """Return the largest weight possible, n over the number of untilted replications; inf where there are none."""
    plain = int((component == 0).sum())
    return len(component) / plain if plain else math.inf


def unseen(number: int, largest: float) -> float:
    """Return the 95 % upper bound of a probability of which `number` runs with weights up to `largest` saw nothing."""
    return min(1.0, largest * -math.expm1(math.log(DOUBT) / number))
