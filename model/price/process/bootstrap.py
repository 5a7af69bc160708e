"""Stationary block bootstrap of recorded bars, the same rows for every asset.

The first bar is uniform on the record; each further bar is, with probability ``1 / block_length``, a fresh
uniform one, else the successor of the bar before, the record being circular. Blocks keep the
clustering of volatility; rows drawn jointly keep the correlation between assets. Resampled paths start at
the last recorded price.

Reference: Politis and Romano (1994), J. American Statistical Association 89:1303.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.price.process.path import PricePath, calm
from model.price.process.recorded import bars_of, log_returns
from model.price.streams import Streams
from model.scenario.extent import MINUTES_A_DAY, horizon

if TYPE_CHECKING:
    from model.scenario import Scenario


def blocks(fresh: NDArray[np.float64], where: NDArray[np.float64], length: float, record: int) -> NDArray[np.int64]:
    """Return resampled row numbers.

    Parameters
    ----------
    fresh, where : (B,) uniforms that decide whether a block begins, and at which row.
    length : mean length of a block, in bars.
    record : number of recorded bars.

    Returns
    -------
    (B,) rows in 0 .. record - 1.
    """
    row = np.arange(len(fresh))
    begin = np.maximum.accumulate(np.where((fresh < 1.0 / length) | (row == 0), row, 0))
    return (np.floor(where[begin] * record).astype(np.int64) + row - begin) % record


class Bootstrap:
    """Resampled bars."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return a path of the files' assets."""
        bars, steps = bars_of(scenario), horizon(scenario)

        def choose(count: int) -> NDArray[np.int64]:
            fresh, where = (
                streams.uniform("price.block", size=count),
                streams.uniform("price.row", size=count),
            )
            return blocks(fresh, where, scenario.price.block_length, len(bars.time))

        moves = log_returns(scenario, streams, bars, choose, steps)
        volatility = bars.relative[3].std(axis=0) * math.sqrt(MINUTES_A_DAY / bars.minutes)
        last = bars.before * np.exp(bars.relative[3].sum(axis=0))
        return PricePath(moves, last, volatility, calm(steps))
