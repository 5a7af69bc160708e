"""Liquidity providers absorb: the vault pays the residual out of its equity (GMX, Hyperliquid's vault, Perp v2).

Where the vault was closed there are no providers left to pay; its successor owes nothing.
"""

from agents.core.books import Venue
from agents.core.kernel import kernel
from agents.core.ledger import DEFICIT, VAULT, pay
from agents.provider.liquidity_provider import vault_equity
from model.backstop.loss_regime.base import LossRegime


class LiquidityAbsorbs(LossRegime):
    """The vault pays as far as its equity goes."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Place the residual on the vault, at most its positive equity."""
        return charge_vault(venue, protocol, residual)


@kernel
def charge_vault(venue: Venue, protocol: int, residual: float) -> float:
    """Take up to `residual` USD from the vault's equity; return what was taken."""
    exchange, cash = venue.exchange, venue.book.balance[VAULT, protocol]
    mark, funding = exchange.mark[protocol], exchange.funding_index[protocol]
    own = vault_equity(cash, exchange.vault_size[protocol], mark, funding)
    placed = min(residual, max(own, 0.0)) if exchange.vault_closed[protocol] == 0.0 else 0.0
    pay(venue.book, VAULT, DEFICIT, protocol, placed)
    return placed
