"""A fund that has fallen too far from its peak is spared.

With F the fund before this step's deficits and P its highest value over the last w minutes, deficits go straight to
the loss regime once

    F ≤ (1 − drop) P                                                                          (1)

so what is left survives the event. OKX and Bybit deleverage after a fall of 30 % from the eight-hour peak. A single
step's deficit may still take the fund further down. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule
from model.backstop.trigger.base import Means, Trigger
from model.scenario.section.backstop import BackstopSection

Array = np.ndarray


class Peaks(NamedTuple):
    """What the trigger remembers of the funds."""

    history: Array  # (window, members) USD, funds of the last steps, a row a step in turn
    fund: Array  # (members,) USD, funds before the deficits of the present step
    seen: Array  # (1,) steps seen so far


@rule
def observe_fund(peaks: Peaks, i: int, fund: float) -> None:
    """Note one member's fund of the present step; :func:`next_step` ends the step."""
    peaks.fund[i] = fund
    peaks.history[peaks.seen[0] % peaks.history.shape[0], i] = fund


@rule
def next_step(peaks: Peaks) -> None:
    """Count a step as seen."""
    peaks.seen[0] += 1


@rule
def spare_fallen(peaks: Peaks, drop: float, spared: np.ndarray) -> None:
    """Write whose fund has fallen by the drop from its peak in the window (1).

    One that never held anything has not fallen.

    Parameters
    ----------
    peaks : funds, read.
    drop : 1, in [0, 1].
    spared : (members,) bool, written.
    """
    for i in range(spared.shape[0]):
        peak = peaks.history[0, i]
        for row in range(1, peaks.history.shape[0]):
            peak = max(peak, peaks.history[row, i])
        spared[i] = peak > 0.0 and peaks.fund[i] <= (1.0 - drop) * peak


class Drawdown(Trigger):
    """Deficits pass a fund that is below (1); as it recovers, or the peak leaves the window, it pays again."""

    watches = True

    def __init__(self, terms: BackstopSection, minutes: float = 1.0, members: int = 1) -> None:
        super().__init__(terms, minutes, members)
        window = max(round(terms.trigger_window / minutes), 1)
        self.memory: Peaks = Peaks(np.zeros((window, members)), np.zeros(members), np.zeros(1, dtype=np.int64))

    def observe(self, fund: Array) -> None:
        """Add the funds of this step to the window."""
        for i in range(self.members):
            observe_fund(self.memory, i, fund[i])
        next_step(self.memory)

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose fund has fallen by the drop from its peak in the window."""
        spared = np.zeros(self.members, bool)
        spare_fallen(self.memory, self.terms.trigger_drop, spared)
        return spared
