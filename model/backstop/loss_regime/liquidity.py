"""Liquidity providers absorb: the vault pays the residual out of its equity (GMX, Hyperliquid's vault, Perp v2).

Where the vault was closed there are no providers left to pay; its successor owes nothing.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.ledger import SHORTFALL, VAULT, pay
from agents.provider.liquidity_provider import vault_equity
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.room import Room


@lean_kernel
def charge_vault(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Take up to `residual` USD from the vault's positive equity; return what was taken.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory, terms, step : not used.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    exchange, cash = venue.exchange, venue.book.balance[VAULT, listing]
    mark, funding = exchange.mark[listing], exchange.funding_index[listing]
    own = vault_equity(cash, exchange.vault_size[listing], mark, funding)
    collected = min(residual, max(own, 0.0)) if exchange.vault_closed[listing] == 0.0 else 0.0
    pay(venue.book, VAULT, SHORTFALL, listing, collected)
    return collected


class LiquidityAbsorbs(CompiledRegime):
    """The vault pays as far as its equity goes."""

    take = charge_vault
