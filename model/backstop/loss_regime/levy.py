"""Funding levy: every open contract on both sides pays the same amount.

    δ = R / (long + short) per contract,    hᵢ = min(δ |qᵢ|, eᵢ⁺)                               (1)

δ is raised as far as needed where some cannot pay in full (Drift v2, ``controller/liquidation.rs``: cumulative funding
of longs + δ, of shorts − δ). Charged to the accounts at once, which is the same as through a funding index of each
side, except that nobody is charged below zero. The vault pays nothing. Units: contracts, USD.
"""

import numpy as np

from agents.core.books import Venue
from model.backstop.loss_regime.allocation import capped_pro_rata
from model.backstop.loss_regime.base import LossRegime
from model.backstop.loss_regime.haircut import haircut, holding


class FundingLevy(LossRegime):
    """Every open contract pays alike, at most its account's equity."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Levy the residual on all open contracts; return what was placed, at most all equity."""
        held = holding(venue, protocol)
        amounts = capped_pro_rata(np.abs(held.size), held.means, residual)
        return haircut(venue, protocol, held, amounts, self.reaction)
