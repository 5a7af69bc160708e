"""From recorded bars to the steps of a run, for whichever bars a process chose and in whichever order.

Bars longer than a step are bridged (:mod:`model.price.process.bridge`); bars shorter than a step are chained, so
that a step is their sum. One of the two lengths must be a multiple of the other.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.price.process.bar import Bars, read_bars
from model.price.process.bridge import bridged
from model.price.streams import Streams
from model.scenario.problem import ScenarioError
from model.scenario.section.price import milliseconds

if TYPE_CHECKING:
    from model.scenario import Scenario

Choice = Callable[[int], NDArray[np.int64]]


def bars_of(scenario: "Scenario") -> Bars:
    """Return the scenario's files as aligned bars, from ``price.start`` on."""
    price = scenario.price
    return read_bars(price.files, price.longest_wick, milliseconds(price.start) if price.start else None)


def log_returns(scenario: "Scenario", streams: Streams, bars: Bars, choose: Choice, steps: int) -> NDArray[np.float64]:
    """Return (steps, K) log returns of the bars that `choose` picks.

    Parameters
    ----------
    choose : function from a number of bars to their (B,) indices in `bars`.

    Raises
    ------
    ScenarioError : when neither the bar nor the step is a multiple of the other.
    """
    inside, chained = ratio(bars.minutes, scenario.minutes)
    count = math.ceil(steps * chained / inside)
    picked = bars.relative[:, choose(count)]
    if inside == 1:
        return picked[3].reshape(steps, chained, -1).sum(axis=1)
    return _bridged(picked, streams, inside, scenario.price.bridge_volatility)[:steps]


def ratio(bar: float, step: float) -> tuple[int, int]:
    """Return steps in a bar and bars in a step, one of which is 1; lengths in minutes."""
    inside, chained = max(1, round(bar / step)), max(1, round(step / bar))
    if not math.isclose(inside * step, chained * bar):
        raise ScenarioError([f"minutes: {step:g}: a divisor or a multiple of the bars' {bar:g} min is allowed"])
    return inside, chained


def _bridged(picked: NDArray[np.float64], streams: Streams, inside: int, noise: float) -> NDArray[np.float64]:
    count, assets = picked.shape[1:]
    result = np.empty((count * inside, assets))
    for k in range(assets):
        extreme = streams.uniform("price.extreme", k, size=(count, 2))
        normal = streams.normal("price.bridge", k, size=(count, inside))
        path = bridged(picked[:, :, k], extreme, normal, noise)
        result[:, k] = np.diff(path, axis=1, prepend=0.0).ravel()
    return result
