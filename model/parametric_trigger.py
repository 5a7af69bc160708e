"""What a parametric cover measures: oracle error, exploit, price move, depth.

Protocol i's trigger is hit at step t when one of these reaches its threshold, as far as that is above nil:

    |oracle error|,  exploit / O₀,  |ln(p_t / p_{t−w})|,  1 − D_t / D_0                       (1)

with p the mid price and D the depth of its asset, as they are after liquidations, O₀ open interest at the start.
"""

import math
from collections import namedtuple
from typing import Any

import numpy as np

from agents.kernel import kernel, rule

Array = np.ndarray
Gauge = namedtuple("Gauge", ["oracle", "exploit", "move", "depth", "prices", "full", "interest"])
"""Thresholds of (1); mid prices of the window, (w + 1, assets), a row per step in turn; D₀, (assets,); O₀, (members,)."""


@rule
def reaches(measured: float, threshold: float) -> bool:
    """Tell whether a measurement reaches a threshold that is set."""
    return threshold > 0.0 and measured >= threshold


@rule
def fallen(depth: float, full: float) -> float:
    """Return 1 − D / D₀; nil for an asset without depth at the start, or with infinite depth."""
    return 1.0 - depth / full if 0.0 < full < math.inf else 0.0


@kernel
def gauge_step(exchange: Any, market: Any, gauge: Any, error: Array, exploit: Array, step: int, hit: Array) -> bool:
    """Note the prices of `step` and set whose trigger is hit, (members,) bool; return whether anybody's is."""
    rows, found = gauge.prices.shape[0], False
    now, first = gauge.prices[step % rows], gauge.prices[(step + 1) % rows]
    for k in range(market.shape[0]):
        now[k] = market.mid[k]
    for i in range(exchange.shape[0]):
        k = exchange.asset[i]
        hit[i] = (
            reaches(abs(error[i]), gauge.oracle)
            or reaches(exploit[i] / gauge.interest[i], gauge.exploit)
            or reaches(abs(math.log(now[k] / first[k])), gauge.move)
            or reaches(fallen(market.depth[k], gauge.full[k]), gauge.depth)
        )
        found |= hit[i]
    return found


class ParametricTrigger:
    """The measurements of a run.

    Parameters
    ----------
    ecosystem : whose market and tape are measured.
    """

    def __init__(self, ecosystem: Any) -> None:
        terms, market, self.ecosystem = ecosystem.scenario.reinsurance, ecosystem.market, ecosystem
        window = max(round(terms.parametric_window / ecosystem.scenario.minutes), 1)
        self.tables = ecosystem.hot.exchange, ecosystem.hot.market
        self.gauge = Gauge(
            terms.parametric_oracle, terms.parametric_exploit, terms.parametric_move, terms.parametric_depth,
            np.tile(market.mid, (window + 1, 1)), np.array(market.depth), np.array(ecosystem.protocol.open_interest),
        )  # fmt: skip
        self.found = np.zeros(len(ecosystem.exchange), dtype=np.bool_)

    def hit(self, step: int) -> Array:
        """Return whose trigger is hit, (members,) bool; to be asked once a step, in order."""
        tape = self.ecosystem.tape
        gauge_step(*self.tables, self.gauge, tape.oracle_error[step], tape.exploit[step], step, self.found)
        return self.found
