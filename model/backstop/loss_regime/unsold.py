r"""Deleveraging in place of a sale: winners are closed against what a closing left unsold, at its bankruptcy price.

The contracts that neither book nor backstop took in this step (:mod:`model.market.liquidation.sequence`) wait with the
backstop, F of a side at the average bankruptcy price b. Accounts in profit on the other side are closed against them by
the venue's ranking (``loss.ranking``),

    Σ n = min(F, Σ limits),    nᵢ ≤ |qᵢ|,    nᵢ s (b − p) ≤ eᵢ                                    (1)

with p the mark, s the sign of what failed and e a winner's equity. No order reaches the market and no price moves;
where the book is thin b may be the better price for the winner than the mark. What (1) leaves stays with the backstop,
which sells it with all else it holds. Sources: BitMEX, Binance and Hyperliquid: deleveraging at the bankruptcy price of
the account closed. Units: contracts, USD per contract.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.ledger import SHORTFALL, TAKEN, VAULT, pay
from model.backstop.loss_regime.allocation import allot
from model.backstop.loss_regime.deleveraging import close, line_up_winners
from model.backstop.loss_regime.room import Room
from model.backstop.loss_regime.score import RankingCode


class UnsoldTerms(NamedTuple):
    """Constants of deleveraging in place of a sale."""

    ranking: RankingCode
    reaction: float  # fall of a trader's leverage appetite per fraction of equity lost
    key: np.uint64  # names the draws of a random ranking


@lean_kernel
def close_winners(
    venue: Venue, terms: UnsoldTerms, room: Room, listing: int, side: float, contracts: float, price: float, step: int
) -> None:
    """Close winners against `contracts` of a side by (1); the backstop's position falls by as many.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    terms : constants.
    room : lists, written.
    listing : index.
    side : 1 where longs are left, -1 where shorts are.
    contracts : F, > 0.
    price : b, USD per contract.
    step : present step, for lots.
    """
    exchange, balance = venue.exchange, venue.book.balance
    mark, funding = exchange.mark[listing], exchange.funding_index[listing]
    gap = side * (price - mark)
    count = line_up_winners(venue, terms.ranking, terms.key, room, listing, side, step)
    for at in range(count):
        room.gap[at] = gap
        room.limit[at] = min(room.size[at], room.equity[at] / gap) if gap > 0.0 else room.size[at]
    allot(terms.ranking.way, room.score, room.limit, count, contracts, room)
    vault, owed = exchange.vault_size[listing], balance[SHORTFALL, listing]
    close(venue, listing, room.row[:count], room.given, room.gap, terms.reaction)
    bought, saved = vault - exchange.vault_size[listing], balance[SHORTFALL, listing] - owed
    exchange.vault_size[listing] = vault
    exchange.taken_size[listing] -= bought
    exchange.replaced[listing] += abs(bought) * price
    pay(venue.book, VAULT, TAKEN, listing, bought * (mark - funding))
    balance[SHORTFALL, listing] = owed
    balance[TAKEN, listing] += saved


@lean_kernel
def replace_sales(venue: Venue, terms: UnsoldTerms, room: Room, step: int) -> bool:
    """Close winners against all that was left unsold in this step; return whether there was any.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    terms : constants.
    room : lists, written.
    step : present step, for lots.
    """
    found, exchange = False, venue.exchange
    for i in range(exchange.shape[0]):
        longs, shorts, funding = exchange.unsold_long[i], exchange.unsold_short[i], exchange.funding_index[i]
        if longs > 0.0:
            price = exchange.unsold_long_value[i] / longs + funding
            close_winners(venue, terms, room, listing=i, side=1.0, contracts=longs, price=price, step=step)
        if shorts > 0.0:
            price = exchange.unsold_short_value[i] / shorts + funding
            close_winners(venue, terms, room, listing=i, side=-1.0, contracts=shorts, price=price, step=step)
        found |= longs + shorts > 0.0
        exchange.unsold_long[i] = exchange.unsold_long_value[i] = 0.0
        exchange.unsold_short[i] = exchange.unsold_short_value[i] = 0.0
    return found
