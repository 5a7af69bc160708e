"""Isolated funds with an excess-of-loss pool above (see :mod:`agents.reinsurance`)."""

from typing import Any

import numpy as np

from agents.reinsurance import layer_increment
from agents.structure.base import Structure


class Reinsured(Structure):
    """A share of every fund is ceded to a pool that pays a member's losses above its retention, up to a limit."""

    charges_premium = True

    def __init__(self, terms: Any, capital: np.ndarray) -> None:
        self.own_share = 1.0 - terms.ceded_share
        super().__init__(terms, capital)
        self.attachment = terms.retention * self.own_capital
        self.limit = np.full_like(capital, terms.limit * self.pool_capital)

    def due(self, deficit: np.ndarray, claim: np.ndarray) -> np.ndarray:
        """Return the increase of the excess-of-loss layer over losses accumulated so far, (members,) USD."""
        return layer_increment(self.loss, self.loss + deficit, self.attachment, self.limit)
