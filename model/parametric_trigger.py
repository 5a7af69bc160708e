"""What a parametric cover measures: oracle error, exploit, price move, depth.

Protocol i's trigger is hit at step t when one of these reaches its threshold, as far as that is above nil:

    |oracle error|,  exploit / O₀,  |ln(p_t / p_{t−w})|,  1 − D_t / D_0                       (1)

with p the mid price and D the depth of its asset, as they are after liquidations, O₀ open interest at the start.
"""

from collections import deque
from typing import Any

import numpy as np

Array = np.ndarray


class ParametricTrigger:
    """The measurements of a run.

    Parameters
    ----------
    ecosystem : whose market and tape are measured.
    """

    def __init__(self, ecosystem: Any) -> None:
        terms, self.ecosystem = ecosystem.scenario.reinsurance, ecosystem
        self.threshold = np.array(
            [terms.parametric_oracle, terms.parametric_exploit, terms.parametric_move, terms.parametric_depth]
        )
        window = max(round(terms.parametric_window / ecosystem.scenario.minutes), 1)
        self.prices: deque[Array] = deque([self._mid()], maxlen=window + 1)
        self.depth = np.array(ecosystem.market.depth)

    def hit(self, step: int) -> Array:
        """Return whose trigger is hit, (members,) bool; to be asked once a step."""
        measured = self.measure(step)
        active = self.threshold > 0.0
        return (measured[active] >= self.threshold[active, None]).any(axis=0)

    def measure(self, step: int) -> Array:
        """Return the measurements (1), (4, members)."""
        tape, asset = self.ecosystem.tape, self.ecosystem.exchange.asset
        self.prices.append(self._mid())
        move = np.abs(np.log(self.prices[-1] / self.prices[0]))
        now = np.asarray(self.ecosystem.market.depth)
        ratio = np.divide(now, self.depth, out=np.ones_like(now), where=np.isfinite(self.depth) & (self.depth > 0.0))
        exploit = tape.exploit[step] / self.ecosystem.protocol.open_interest
        return np.array([np.abs(tape.oracle_error[step]), exploit, move[asset], 1.0 - ratio[asset]])

    def _mid(self) -> Array:
        return np.array(self.ecosystem.market.mid)
