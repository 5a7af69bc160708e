"""Replay of recorded prices, from the files' first common bar or from ``price.start``.

The recorded log move since the start is scaled by ``price.fundamental_share``: the record is a mid price,
which already holds the cascade of liquidations that the model will add again. A share of 1 feeds the record
itself.
"""

from typing import TYPE_CHECKING

import numpy as np

from model.price.process.path import PricePath, calm
from model.price.process.recorded import bars_of, log_returns
from model.price.streams import Streams
from model.scenario.extent import asset_names, horizon
from model.scenario.parameter import per_item
from model.scenario.problem import ScenarioError

if TYPE_CHECKING:
    from model.scenario import Scenario


def minutes_on_file(scenario: "Scenario") -> float:
    """Return how many minutes the files hold from the start on."""
    bars = bars_of(scenario)
    return len(bars.time) * bars.minutes


class Replay:
    """The record, scaled."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return the path of the files' assets; ScenarioError when the run is longer than the record."""
        bars, steps = bars_of(scenario), horizon(scenario)
        most = int(len(bars.time) * bars.minutes / scenario.minutes)
        if steps > most:
            raise ScenarioError(
                [f"steps: {steps}: at most {most}, what the price files hold from the start, is allowed"]
            )
        moves = log_returns(scenario, streams, bars, np.arange, steps)
        volatility = np.array(scenario.asset.values("daily_volatility", asset_names(scenario)))
        share = np.array(per_item(scenario.price.fundamental_share, moves.shape[1]))
        return PricePath(share * moves, bars.before, volatility, calm(steps))
