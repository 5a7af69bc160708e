"""A clearing house's default fund: members stand in for each other, after the defaulter's own money.

Members hold their contributions in their own funds. What a member's contribution and its skin in the game cannot pay
is asked of the members without a claim, first of their contributions in proportion to what is left of them, then of
their treasuries, each up to a multiple of its initial contribution (assessment powers; LCH: up to 200 %). Without other
members it is `isolated`. References: PFMI, principle 4; EMIR, articles 43 and 45.
"""

import numpy as np

from agents.structure.base import Structure

Array = np.ndarray


class Mutual(Structure):
    """Own contribution, skin in the game, survivors' contributions, assessments."""

    own_share = 1.0
    mutual = True

    def assessable(self, treasury: Array, assessed: Array) -> Array:
        """Return what may still be asked of each treasury, (members,) USD; `assessed` was paid so far."""
        room = self.terms.assessment * self.capital - assessed
        return np.minimum(np.maximum(room, 0.0), np.maximum(treasury, 0.0))
