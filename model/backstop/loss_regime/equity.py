"""Equity haircut: every open account pays pro rata to its positive equity, collateral included.

    hᵢ = min(R, Σ e⁺) · eᵢ⁺ / Σ e⁺                                                             (1)

so everyone loses the same fraction of equity, winner or not, and nobody falls below zero; accounts without a position
never pay (Bitfinex cut all balances alike in 2016; Percolator's last layer). Units: USD.
"""

from agents.core.books import Venue
from model.backstop.loss_regime.allocation import share
from model.backstop.loss_regime.base import LossRegime
from model.backstop.loss_regime.haircut import haircut, holding


class EquityHaircut(LossRegime):
    """Open accounts pay pro rata to positive equity."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Cut every open account's equity by the same fraction; return what was placed, at most all equity."""
        held = holding(venue, protocol)
        total = float(held.means.sum())
        return haircut(venue, protocol, held, share(min(residual, total), held.means, total), self.reaction)
