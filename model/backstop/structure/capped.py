"""One pool with a sub-limit for each protocol: nobody can drain it alone.

A member's claims are cut to its sub-limit ℓᵢ K₀, K₀ the capital of the pool at the start, less what the pool has paid
it so far: in the whole run, or within a window that moves on with time. Drift insures all its markets from one vault
with limits by tier of market, Lighter limits each market's call on its pool; Vega's global pool never pays a market's
losses (ℓ = 0). Units: USD.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from agents.core.kernel import rule
from model.backstop.due import Due, add, drop_first, first_due, make_due
from model.backstop.structure.base import Structure
from model.scenario.section.backstop import BackstopSection

Array = np.ndarray


class Draws(NamedTuple):
    """What sub-limits remember."""

    drawn: Array  # (members,) USD >= 0, paid within the window so far
    draws: Due  # these payments by step


@rule
def free_limits(limit: Array, drawn: Array, room: Array, draws: Due, until: float) -> None:
    """Restore sub-limits for payments of the steps up to `until`.

    Parameters
    ----------
    limit : (members,) USD >= 0, sub-limits.
    drawn : (members,) USD >= 0, paid within the window, written.
    room : (members,) USD >= 0, what is left of the sub-limits, written.
    draws : payments by step, written.
    until : step; what was paid later is still in the window.
    """
    row = first_due(draws, math.floor(until))
    while row >= 0:
        for i in range(drawn.shape[0]):
            drawn[i] -= draws.amounts[row, i]
            room[i] = max(limit[i] - drawn[i], 0.0)
        drop_first(draws)
        row = first_due(draws, math.floor(until))


@rule
def note_draws(limit: Array, drawn: Array, room: Array, draws: Due, window: float, paid: Array, step: int) -> None:
    """Count payments against the sub-limits.

    Parameters
    ----------
    limit : (members,) USD >= 0, sub-limits.
    drawn : (members,) USD >= 0, paid within the window, written.
    room : (members,) USD >= 0, what is left of the sub-limits, written.
    draws : payments by step, written where there is a window.
    window : steps, 0: the whole run.
    paid : (members,) USD >= 0.
    step : present step.
    """
    for i in range(drawn.shape[0]):
        drawn[i] += paid[i]
        room[i] = max(limit[i] - drawn[i], 0.0)
    if window > 0.0:
        add(draws, step, paid)


class Capped(Structure):
    """One pool with per-protocol sub-limits; limits of 1 or more are `pooled`, of 0 a pool that never pays.

    Attributes
    ----------
    limit : (members,) USD, most the pool pays each within the window.
    drawn : (members,) USD, paid within the window so far.
    """

    def __init__(self, terms: BackstopSection, *rest: Any) -> None:
        self.own_share = 1.0 - terms.capped_share
        super().__init__(terms, *rest)
        share = terms.sublimit + terms.sublimit[-1:] * len(self.capital)
        self.limit = np.array(share[: len(self.capital)]) * self.pool_capital.sum()
        self.limit[np.array(share[: len(self.capital)]) >= 1.0] = np.inf
        self.window = terms.sublimit_window / self.minutes
        self.room[:] = self.limit
        most = min(math.ceil(self.window), self.steps)
        self.memory = Draws(np.zeros_like(self.capital), make_due(most + 1, len(self.capital)))
        self.drawn, self.draws = self.memory

    @property
    def begins(self) -> bool:
        """Whether sub-limits are freed in time."""
        return self.window > 0.0

    def begin(self, step: int) -> None:
        """Restore sub-limits for payments that have left the window."""
        if self.window:
            free_limits(self.limit, self.drawn, self.room, self.draws, step - self.window)

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what is left of the sub-limits, at most the claims."""
        self.begin(step)
        return np.minimum(claim, self.room)

    def still_due(self, unpaid: Array, step: int) -> Array:
        """Return what the sub-limits leave of claims left unpaid."""
        return self.due(unpaid, unpaid, step)

    def settled(self, deficit: Array, due: Array, paid: Array, step: int) -> None:
        """Count payments against the sub-limits."""
        super().settled(deficit, due, paid, step)
        note_draws(self.limit, self.drawn, self.room, self.draws, self.window, paid, step)
