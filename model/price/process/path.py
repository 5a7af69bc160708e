"""The output of a price process: fundamental log returns, and the stress of the market.

With *F* the fundamental price, ``log F[t, k] = log initial_price[k] + sum(log_return[: t + 1, k])``: row
*t* is the move during step *t*, so step *t* ends at ``(t + 1) * minutes`` after the start.
"""

from typing import NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from agents.core.registry import find
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.registry import PROCESSES


class Stress(NamedTuple):
    """Exogenous stress of the market, step by step; each array is (T,)."""

    depth: NDArray[np.float64]  # (T,) share of calm depth left, in (0, 1]
    spread: NDArray[np.float64]  # (T,) multiple of the calm spread, at least 1
    keeper: NDArray[np.float64]  # (T,) share of keepers' capacity left, in [0, 1]
    gas: NDArray[np.float64]  # (T,) multiple of the calm cost of gas, at least 1


def calm(steps: int) -> Stress:
    """Return the stress of a calm market: none."""
    one = np.ones(steps)
    return Stress(one, one, one, one)


class PricePath(NamedTuple):
    """Fundamental prices of T steps and K assets."""

    log_return: NDArray[np.float64]  # (T, K) log return of the fundamental in each step
    initial_price: NDArray[np.float64]  # (K,) USD, positive
    daily_volatility: NDArray[np.float64]  # (K,) log price per square root of a day, as known before the run
    stress: Stress


class PriceProcess(Protocol):
    """Anything that draws a path from a scenario and the streams of a replication."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return the path; the same for the same sections ``asset`` and ``price``, seed and replication."""
        ...


def process_named(name: str) -> PriceProcess:
    """Return the process registered as `name`; KeyError where there is none."""
    registered = PROCESSES[name]
    return cast(PriceProcess, find(f"{registered.module}:{registered.kind}")())
