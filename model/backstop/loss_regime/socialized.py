"""Socialised loss: winners pay pro rata to their positive unrealised profit.

With gains gᵢ > 0 of the protocol's accounts, a residual R is placed as

    hᵢ = min(R, Σ g) · gᵢ / Σ g                                                                (1)

so nobody loses more than its profit; what exceeds all profit is not feasible and is passed on. Winners keep
gᵢ − hᵢ = gᵢ · min(1, collected / owed), owed being Σ g and collected Σ g − R (Vega protocol, ``simple_distributor``;
:func:`model.backstop.loss_regime.allocation.socialized_loss`). Units: USD.
"""

import numpy as np

from agents.core.books import Venue
from model.backstop.loss_regime.allocation import share
from model.backstop.loss_regime.base import LossRegime
from model.backstop.loss_regime.haircut import charge, holding


class SocializedLoss(LossRegime):
    """Winners pay pro rata to positive unrealised profit."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Cut every winner's profit by the same fraction; return what was placed, at most all positive profit."""
        held = holding(venue, protocol)
        gains = np.maximum(held.gain, 0.0)
        profit = float(np.cumsum(gains)[-1])  # summed in order of slot
        placed = min(residual, profit)
        charge(venue, protocol, share(placed, gains, profit), held.gain, held.equity, placed, self.reaction)
        return placed
