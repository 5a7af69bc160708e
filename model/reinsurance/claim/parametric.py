"""Parametric cover: the pool pays a fixed sum when a measured event happens, at once and whatever was lost.

A trigger is an oracle error, an exploit, a price move within a window or a fall of depth beyond its threshold. It pays
π cᵢ, c the member's capital at the start, before deficits go down: on debt still open, the rest into the member's fund;
and for the time w no more: one event, one payment. Nothing is paid on losses, so that by its nature the cover may pay
more than was lost, and there is basis risk:

    paid without loss:  Σ over events (payment − deficits within w)⁺                          (1)
    loss without payment:  what an indemnity would still have been due, after the own layers  (2)

Units: USD.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from model.backstop.context import Context
from model.reinsurance.claim.base import Array, ClaimsHandler
from model.reinsurance.retrocession import Retrocession


class Events(NamedTuple):
    """What is remembered of events."""

    until: Array  # (members,) step from which another event may be paid for
    event_paid: Array  # (members,) USD >= 0, paid for the last event
    event_loss: Array  # (members,) USD >= 0, deficits while it was under way
    past: Array  # (members,) USD >= 0, measure (1) of the events before
    without_payment: Array  # (members,) USD >= 0, measure (2) so far


class Parametric(ClaimsHandler):
    """Payments on triggers; losses are the own fund's, whatever the treaty.

    Attributes
    ----------
    sense : tells from the step which members' triggers are hit, (members,) bool.
    """

    def __init__(self, context: Context, second: Retrocession, key: np.uint64) -> None:
        super().__init__(context, second, key)
        self.sense: Callable[[int], Array] = lambda step: np.zeros(len(self.kept), dtype=bool)
        self.wait = max(round(self.terms.parametric_wait / self.minutes), 1)
        paid, lost, past, missed = (np.zeros(len(self.kept)) for _ in range(4))
        self.memory = Events(np.zeros(len(self.kept), dtype=np.int64), paid, lost, past, missed)
        self.until, self.event_paid, self.event_loss, self._past, self.without_payment = self.memory

    @property
    def gross(self) -> bool:
        """No: the own fund pays losses, whatever the treaty."""
        return False

    @property
    def without_loss(self) -> Array:
        """Return measure (1) so far, (members,) USD."""
        return self._past + np.maximum(self.event_paid - self.event_loss, 0.0)

    def begin(self, step: int) -> None:
        """Pay where a trigger is hit and no event is under way."""
        sensed = self.sense(step)
        if not sensed.any():
            return
        hit = sensed & self.structure.shares & (step >= self.until) & self.structure.member
        if not hit.any():
            return
        due = self.terms.parametric_payout * self.structure.capital * (1.0 - self.kept) * hit
        self._past[hit] = self.without_loss[hit]
        self.until[hit] = step + self.wait
        paid = self.reimburse(due, step)
        self.claims += due
        self.event_paid[hit], self.event_loss[hit] = paid[hit], 0.0

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return nothing: losses are not claimed."""
        return np.zeros_like(claim)

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return nothing due and nothing paid; measure what the cover misses."""
        self.without_payment += super().due(deficit, claim, step)
        self.event_loss += deficit * (step < self.until)
        nothing = np.zeros_like(claim)
        self.structure.settled(deficit, nothing, nothing, step)
        return nothing, nothing
