"""Isolated funds with a stack of treaties above, written by a pool (see :mod:`agents.reinsurer.treaty`).

The pool pays what the treaties owe on the member's losses accumulated over the run: a quota share q of the loss,
excess-of-loss layers on the rest, and a stop-loss on what both leave. Treaties attach on the gross loss, wherever the
own fund stands, which pays what they leave: a quota share shares every loss, and a retention of zero attaches at zero.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.reinsurer.treaty import WITHOUT_END, Programme, recoverable, reinstated
from model.backstop.structure.base import Structure
from model.scenario.section.backstop import BackstopSection

Array = np.ndarray


class Reinstated(NamedTuple):
    """What treaties remember next to the losses."""

    reinstated: Array  # (members,) 1, >= 0, limits reinstated and not yet charged for, in limits


class Reinsured(Structure):
    """A share of every fund is ceded to a pool that pays a member's losses as the treaties say.

    Attributes
    ----------
    programme : the treaties, amounts in USD.
    reinstated : (members,) limits reinstated and not yet charged for, as a multiple of the limit, summed over layers.
    """

    charges_premium = True
    gross = True

    def __init__(self, terms: BackstopSection, *rest: Any) -> None:
        self.own_share = 1.0 - terms.ceded_share
        super().__init__(terms, *rest)
        pool, own = float(self.pool_capital.sum()), self.own_capital
        layers = max(len(terms.retention), len(terms.limit), len(terms.reinstatements))
        retention, limit, again = (
            np.array((values + values[-1:] * layers)[:layers], dtype=float)[:, np.newaxis]
            for values in (terms.retention, terms.limit, terms.reinstatements)
        )
        self.programme = Programme(
            terms.quota_share,
            retention * own,
            np.tile(limit * pool, len(own)),
            again,
            terms.stop_loss_retention * own,
            terms.stop_loss_limit * pool,
        )
        self.memory = Reinstated(np.zeros_like(own))
        self.reinstated = self.memory.reinstated
        self._note_room()

    @property
    def attachment(self) -> Array:
        """Loss above which the first layer pays, (members,) USD."""
        return self.programme.attachment[0]

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return the increase of what the treaties owe over losses accumulated so far, (members,) USD."""
        return recoverable(self.loss + deficit, self.programme) - recoverable(self.loss, self.programme)

    def settled(self, deficit: Array, due: Array, paid: Array, step: int) -> None:
        """Count what was reinstated: the part of the layers used up that was paid."""
        if self.programme.reinstatements.any():
            used = reinstated(self.loss + deficit, self.programme) - reinstated(self.loss, self.programme)
            owed = self.due(deficit, due, step)
            self.reinstated += used * np.divide(paid, owed, out=np.zeros_like(paid), where=owed > 0.0)
        super().settled(deficit, due, paid, step)
        self._note_room()

    def _note_room(self) -> None:
        """Note what the treaties would still owe on an unlimited loss."""
        ever = recoverable(np.full_like(self.loss, WITHOUT_END), self.programme)
        self.room[:] = np.maximum(ever - recoverable(self.loss, self.programme), 0.0)
