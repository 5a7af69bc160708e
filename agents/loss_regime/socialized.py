"""Socialised loss: winners pay pro rata to their positive unrealised profit.

With gains gᵢ > 0 of the protocol's accounts, a residual R is placed as

    hᵢ = min(R, Σ g) · gᵢ / Σ g                                                                (1)

so nobody loses more than its profit; what exceeds all profit is not feasible and is passed on (Vega protocol,
``simple_distributor``: winners get gain · collected / owed). Units: USD.
"""

from agents.kernel import kernel
from agents.ledger import DEFICIT, TRADER, pay
from agents.loss_regime.base import LossRegime
from agents.loss_regime.haircut import cut_profit, unrealised
from agents.venue import Venue


class SocializedLoss(LossRegime):
    """Winners pay pro rata to positive unrealised profit."""

    def collect(self, venue: Venue, protocol: int, residual: float) -> float:
        """Cut every winner's profit by the same fraction; return what was placed, at most all positive profit."""
        return socialize(venue, protocol, residual, self.reaction)


@kernel
def socialize(venue: Venue, protocol: int, residual: float, reaction: float) -> float:
    """Place `residual` USD on the winners of a protocol by (1); return what was placed."""
    slots = venue.accounts.size.shape[0] // venue.exchange.shape[0]
    first, last = protocol * slots, (protocol + 1) * slots
    profit = 0.0
    for row in range(first, last):
        profit += max(unrealised(venue.accounts, venue.exchange, row, protocol), 0.0)
    if profit <= 0.0:
        return 0.0
    placed = min(residual, profit)
    for row in range(first, last):
        gain = unrealised(venue.accounts, venue.exchange, row, protocol)
        if gain > 0.0:
            equity = venue.accounts.collateral[row] + gain
            cut_profit(venue, row, placed * gain / profit, equity, reaction)
    pay(venue.book, TRADER, DEFICIT, protocol, placed)
    return placed
