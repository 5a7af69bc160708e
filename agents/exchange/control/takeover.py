r"""Takeover: the vault takes what is far below maintenance, off the book.

A flagged position whose equity e is below a fraction φ of its maintenance margin is not sold: position and all its
margin pass to the protocol's vault at the mark p. No price moves, no keeper is paid and nothing goes back to the
trader. With e ≥ 0 the vault gains e; with e < 0 it pays what the position is worth and the shortfall −e is a deficit,
booked as a failure at the bankruptcy price like any other. Where the mark is off the market the transfer is at the
better of mark and mid price for the position: an oracle's error is no loss that the fund pays and the vault gains back.

Source: Hyperliquid, φ = 2/3, "maintenance margin is not returned to the user"; its venues without a vault have φ = 0.
"""

import numpy as np

from agents.account.account import total, touch
from agents.account.margin_tier import maintenance_rate
from agents.account.position import bankruptcy_price, equity
from agents.core.kernel import inline, rule
from agents.core.ledger import SHORTFALL, TRADER, VAULT, Book, pay
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Tiers
from agents.exchange.exchange import book_failure, book_trader_deficit, record_liquidation
from agents.provider.vault_closing import closing_price


@rule
def is_taken_over(own: float, notional: float, maintenance: float, fraction: float) -> bool:
    """Tell whether equity `own` is below `fraction` of the maintenance margin on `notional`, all in USD.

    Parameters
    ----------
    own : USD, either sign.
    notional : USD at the mark, >= 0.
    maintenance : m, fraction of notional, > 0.
    fraction : φ, in [0, 1].
    """
    return own < fraction * maintenance * notional


@inline
def take_over(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, row: int, i: int
) -> None:
    """Pass a position and its margin to the vault at the mark, or at the mid price where that is better for it.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run and the ledger's; all are written.
    market : mid prices, read.
    row : account's row, not flat.
    i : its protocol.
    """
    size, funding = accounts.size[row], exchange.funding_index[i]
    mark = closing_price(size, exchange.mark[i], market.mid[exchange.asset[i]])
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    own = equity(accounts.collateral[row], size, accounts.entry_price[row], mark, funding - accounts.entry_funding[row])
    side = 1.0 if size > 0.0 else -1.0
    exchange.vault_size[i] += size
    exchange.taken_over[i] += abs(size) * mark
    pay(book, TRADER, VAULT, i, max(own, 0.0) - size * (mark - funding))
    if own < 0.0:
        pay(book, SHORTFALL, TRADER, i, -own)
        book_trader_deficit(exchange, i, -own)
        price = bankruptcy_price(entry, size, accounts.collateral[row])
        book_failure(exchange, i, side, abs(size), price)
    record_liquidation(exchange, i, side, abs(size) * mark)
    accounts.realised[row] -= accounts.collateral[row]
    accounts.size[row] = accounts.collateral[row] = 0.0
    touch(accounts, blocks, row)


@rule
def sweep(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, tiers: Tiers,
    fraction: float | None, flagged: np.ndarray, found: int,
) -> int:  # fmt: skip
    """Let the vaults take over the `found` flagged rows they may; return how many are left, in order, in `flagged`.

    A closed vault takes nothing over: its successor stands in for fills only.

    `fraction` is None where no vault takes anything over: the compiler then leaves all of this out.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run and the ledger's; written where a position is taken over.
    market : mid prices, read.
    tiers : the schedule of margins.
    fraction : φ, in (0, 1].
    flagged : row numbers below maintenance margin, in order; those left are moved to its start.
    found : how many there are.
    """
    if fraction is None:
        return found
    slots = accounts.size.shape[0] // exchange.shape[0]
    left = 0
    for position in range(found):
        row = flagged[position]
        i = row // slots
        owed = exchange.funding_index[i] - accounts.entry_funding[row]
        own = equity(accounts.collateral[row], accounts.size[row], accounts.entry_price[row], exchange.mark[i], owed)
        notional = abs(accounts.size[row]) * exchange.mark[i]
        off = exchange.suspension[i] > 0.0 or exchange.vault_closed[i] > 0.0
        margin = maintenance_rate(exchange.maintenance[i], notional, tiers)
        if off or not is_taken_over(own, notional, margin, fraction):
            flagged[left] = row
            left += 1
        else:
            take_over(accounts, blocks, exchange, market, book, row, i)
    if left < found:
        total(accounts, blocks, exchange)
    return left
