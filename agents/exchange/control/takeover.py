r"""Takeover: the vault takes what is far below maintenance, off the book.

A flagged position whose equity e is below a fraction φ of its maintenance margin is not sold: position and all its
margin pass to the listing's vault at the mark p. No price moves, no keeper is paid and nothing goes back to the
trader. With e ≥ 0 the vault gains e; with e < 0 it pays what the position is worth and the shortfall −e is a deficit,
booked as a failure at the bankruptcy price like any other. Where the mark is off the market the transfer is at the
better of mark and mid price for the position: an oracle's error is no loss that the fund pays and the vault gains back.

A venue may cap the share of the vault that stands behind takeovers. Of a position worth N at the mark the vault keeps

    N' = min(N, (κ V₀ − T)⁺)                                                                   (1)

with κ the cap, V₀ the vault's capital at the start and T what it has kept so far; nothing is set free again in a run.
The other (1 − N'/N) |q| contracts pass through it: they go to accounts in profit on the other side, at the mark, and
their margin stays with the vault. A position with e < 0 failed as a whole: it is the loss regime's, and does not count.

Source: Hyperliquid, φ = 2/3, "maintenance margin is not returned to the user"; its venues without a vault have φ = 0.
After 26 March 2025 (JELLY) its liquidator is capped at a small percentage of the vault's account value, rebalanced less
often, and deleveraging takes what is beyond, where all of the vault had stood behind it before.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import equity_of, total, touch
from agents.account.margin_tier import maintenance_rate
from agents.account.position import bankruptcy_price
from agents.core.kernel import inline, rule
from agents.core.ledger import SHORTFALL, TRADER, VAULT, Book, pay
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Tiers
from agents.exchange.exchange import book_failure, book_trader_deficit, record_liquidation
from agents.provider.vault_closing import closing_price


class Takeover(NamedTuple):
    """When a vault takes a position over, and how much of it it keeps."""

    fraction: float  # φ in (0, 1], of the maintenance margin
    cap: float = np.inf  # κ > 0, most notional kept over the vault's capital at the start; inf: any


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


@rule
def kept_notional(notional: float, taken: float, cap: float, capital: float) -> float:
    """Return what the vault keeps of a position by (1), USD; the rest is handed to accounts in profit.

    Parameters
    ----------
    notional : N, USD at the mark, >= 0.
    taken : T, USD >= 0, kept so far.
    cap : κ, > 0, inf for any.
    capital : V₀, USD >= 0.
    """
    return notional if cap == np.inf else min(notional, max(cap * capital - taken, 0.0))


@rule
def keep_part(exchange: Exchanges, i: int, size: float, notional: float, cap: float) -> None:
    """Note what the vault keeps of a position by (1), and the other contracts, to be handed on.

    Parameters
    ----------
    exchange : records, written.
    i : listing.
    size : contracts, short < 0.
    notional : N, USD at the mark, > 0.
    cap : κ, > 0, inf for any.
    """
    kept = kept_notional(notional, exchange.kept_over[i], cap, exchange.vault_start[i])
    exchange.kept_over[i] += kept
    excess = abs(size) * (1.0 - kept / notional) if kept < notional else 0.0
    if size > 0.0:
        exchange.excess_long[i] += excess
    else:
        exchange.excess_short[i] += excess


@inline
def take_over(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, cap: float, row: int, i: int
) -> None:
    """Pass a position and its margin to the vault at the mark, or at the mid price where that is better for it.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run and the ledger's; all are written.
    market : mid prices, read.
    cap : κ of (1).
    row : account's row, not flat.
    i : its listing.
    """
    size, funding = accounts.size[row], exchange.funding_index[i]
    mark = closing_price(size, exchange.mark[i], market.mid[exchange.book[i]])
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    own = equity_of(accounts, row, mark, funding)
    side, notional = 1.0 if size > 0.0 else -1.0, abs(size) * mark
    exchange.vault_size[i] += size
    exchange.taken_over[i] += notional
    pay(book, TRADER, VAULT, i, max(own, 0.0) - size * (mark - funding))
    if own < 0.0:
        pay(book, SHORTFALL, TRADER, i, -own)
        book_trader_deficit(exchange, i, -own)
        price = bankruptcy_price(entry, size, accounts.collateral[row])
        book_failure(exchange, i, side, abs(size), price)
    else:
        keep_part(exchange, i, size, notional, cap)
    record_liquidation(exchange, i, side, notional)
    accounts.realised[row] -= accounts.collateral[row]
    accounts.size[row] = accounts.collateral[row] = 0.0
    touch(accounts, blocks, row)


@rule
def sweep(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, tiers: Tiers,
    terms: Takeover | None, flagged: np.ndarray, found: int,
) -> int:  # fmt: skip
    """Let the vaults take over the `found` flagged rows they may; return how many are left, in order, in `flagged`.

    A closed vault takes nothing over: its successor stands in for fills only.

    `terms` is None where no vault takes anything over: the compiler then leaves all of this out.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run and the ledger's; written where a position is taken over.
    market : mid prices, read.
    tiers : the schedule of margins.
    terms : φ and κ.
    flagged : row numbers below maintenance margin, in order; those left are moved to its start.
    found : how many there are.
    """
    if terms is None:
        return found
    slots = accounts.size.shape[0] // exchange.shape[0]
    left = 0
    for position in range(found):
        row = flagged[position]
        i = row // slots
        own = equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i])
        notional = abs(accounts.size[row]) * exchange.mark[i]
        off = exchange.suspension[i] > 0.0 or exchange.vault_closed[i] > 0.0
        margin = maintenance_rate(exchange.maintenance[i], notional, tiers)
        if off or not is_taken_over(own, notional, margin, terms.fraction):
            flagged[left] = row
            left += 1
        else:
            take_over(
                accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, cap=terms.cap, row=row,
                i=i,
            )  # fmt: skip
    if left < found:
        total(accounts, blocks, exchange)
    return left
