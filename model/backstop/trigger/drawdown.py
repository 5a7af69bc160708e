"""A fund that has fallen too far from its peak is spared.

With F the fund before this step's deficits and P its highest value over the last w minutes, deficits go straight to
the loss regime once

    F ≤ (1 − drop) P                                                                          (1)

so what is left survives the event. OKX and Bybit deleverage after a fall of 30 % from the eight-hour peak. A single
step's deficit may still take the fund further down. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from model.backstop.trigger.base import Means, Trigger
from model.scenario.section.backstop import BackstopSection

Array = np.ndarray


class Peaks(NamedTuple):
    """What the trigger remembers of the funds."""

    history: Array  # (window, members) USD, funds of the last steps, a row a step in turn
    fund: Array  # (members,) USD, funds before the deficits of the present step
    seen: Array  # (1,) steps seen so far


class Drawdown(Trigger):
    """Deficits pass a fund that is below (1); as it recovers, or the peak leaves the window, it pays again."""

    watches = True

    def __init__(self, terms: BackstopSection, minutes: float = 1.0, members: int = 1) -> None:
        super().__init__(terms, minutes, members)
        window = max(round(terms.trigger_window / minutes), 1)
        self.memory = Peaks(np.zeros((window, members)), np.zeros(members), np.zeros(1, dtype=np.int64))
        self.history, self.fund, self.seen = self.memory

    def observe(self, fund: Array) -> None:
        """Add the funds of this step to the window."""
        self.fund[:] = fund
        self.history[self.seen[0] % len(self.history)] = fund
        self.seen += 1

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose fund has fallen by the drop from its peak in the window."""
        peak = self.history.max(axis=0)
        return has_fallen(self.fund, peak, self.terms.trigger_drop)


def has_fallen(fund: Array, peak: Array, drop: float) -> Array:
    """Return whether (1) holds; a fund that never held anything has not fallen."""
    return (peak > 0.0) & (fund <= (1.0 - drop) * peak)
