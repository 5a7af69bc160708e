r"""Closing a vault: its providers bear its losses first, to nothing; what is beyond is a vault deficit, booked once.

A vault is worth E = x + v (p − Φ), x its cash value, v its contracts (:mod:`agents.provider.liquidity_provider`).
While E > 0 its losses are its providers' alone. Once

    E ≤ 0    with a position or a debt                                                         (1)

it is closed, for good: the shares are cancelled, −E is booked as **vault deficit**, and the position passes on at the
price at which E was taken. A rebound repays nobody: shares are cancelled, and anyone who paid the deficit has no claim.
E is taken at the mark, or at the market's mid price where that is the better for the vault: an oracle that errs against
it closes nobody, since who takes the position over would bid what the market pays. While liquidations are suspended no
vault is closed either.

The **successor** holds the position with capital from outside: at the end of every step its gain or loss at the mark,
fees of the vault included, is settled with the rest of the world,

    vault → outside: E,    so that E = 0 afterwards.                                           (2)

It neither owes nor is owed, takes the other side of every fill, and makes no second deficit. A vault that was emptied
without a loss beyond its equity, by redemptions or by a loss regime, passes on in the same way at the end of the step,
with no deficit; where there are no providers at all, capital from outside is the counterparty from the start.

How the position passes on (``protocol.vault_closure``): by **takeover**, as a position is auctioned to bidders from
outside (default auctions of clearing houses, CPMI-IOSCO 2020); or by **deleverage**, where accounts in profit on the
other side are closed against it first, at the mark and by the venue's ranking, and the successor has what is left
(Hyperliquid: deleveraging of any account below zero, its vault included; GMX v2: automatic deleveraging where
traders' profit nears the pool). Units: USD, contracts, USD per contract.
"""

from agents.core.kernel import inline, rule
from agents.core.ledger import OUTSIDE, SHORTFALL, VAULT, WHOLE, Book, pay, transfer
from agents.core.table import Exchanges, Markets, Providers
from agents.provider.liquidity_provider import vault_equity

ROUNDING = 1e-12


@rule
def closing_price(contracts: float, mark: float, mid: float) -> float:
    """Return the price at which a position passes on: of mark and mid that which is better for its holder."""
    return max(mark, mid) if contracts > 0.0 else min(mark, mid)


@rule
def due_of_makers(market: Markets, k: int, price: float) -> float:
    """Return what a vault gains at a price, USD, once market makers take over their part of the step's fills."""
    return market.made_cost[k] - market.made[k] * price


@inline
def close_vaults(exchange: Exchanges, market: Markets, book: Book) -> None:
    """Close every vault that has lost all its equity, and book what it lost beyond."""
    for i in range(exchange.shape[0]):
        size, mark, cash = exchange.vault_size[i], exchange.mark[i], book.balance[VAULT, i]
        price = closing_price(size, mark, market.mid[exchange.book[i]])
        own = vault_equity(cash, size, price, exchange.funding_index[i]) + due_of_makers(
            market, exchange.book[i], price
        )
        spent = own <= 0.0 and (size != 0.0 or cash < 0.0)
        if spent and exchange.vault_closed[i] == 0.0 and exchange.suspension[i] == 0.0:
            exchange.vault_closed[i] = 1.0
            pay(book, SHORTFALL, VAULT, i, -own)
            exchange.deficit[i] -= own
            exchange.vault_deficit[i] -= own


@rule
def settle_successor(exchange: Exchanges, book: Book, i: int, own: float) -> None:
    """Settle the gain or loss `own` of a successor with the outside world by (2).

    Parameters
    ----------
    exchange, book : tables of the run, written.
    i : listing.
    own : USD, a loss < 0, what the vault is worth.
    """
    exchange.successor_profit[i] += own
    transfer(book, VAULT, i, OUTSIDE, WHOLE, own)


@inline
def settle_vaults(exchange: Exchanges, book: Book) -> None:
    """Pass on the vaults that are left with a position and no equity, and settle with every successor."""
    for i in range(exchange.shape[0]):
        cash, size, mark = book.balance[VAULT, i], exchange.vault_size[i], exchange.mark[i]
        own, scale = vault_equity(cash, size, mark, exchange.funding_index[i]), abs(cash) + abs(size) * mark
        if exchange.vault_closed[i] == 0.0 and size != 0.0 and abs(own) <= ROUNDING * scale:
            exchange.vault_closed[i] = 1.0
        if exchange.vault_closed[i] > 0.0:
            settle_successor(exchange, book, i, own)


@inline
def cancel_shares(exchange: Exchanges, providers: Providers) -> None:
    """Cancel the shares and requests of providers whose vault is closed."""
    for i in range(exchange.shape[0]):
        if exchange.vault_closed[i] > 0.0 and exchange.vault_shares[i] != 0.0:
            exchange.vault_shares[i] = 0.0
            for row in range(providers.shape[0]):
                if providers.listing[row] == i:
                    providers.shares[row] = providers.requested[row] = providers.wait[row] = 0.0
