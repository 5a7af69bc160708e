"""Positions that the backstop takes over in a closing: how many, at what price, and how they are sold.

A position passes with all its margin at its bankruptcy price to what stands behind the protocol: its own fund, and what
pool or fellow members would pay (:mod:`agents.protocol.standby`). With K that capital, its gain or loss on positions
held included, K₀ at the start, and N the notional held for all whom it stands for,

    N ≤ m K,     nothing while K < (1 − f) K₀                                                     (1)

m is ``backstop.takeover_multiple``, f ``backstop.takeover_fall``. In every step the part

    1 − exp(−Δt / τ)                                                                              (2)

of what is held is sold into the book, τ ``backstop.unloading``, all of it once it is worth little. What that gains over
the bankruptcy price is income of the backstop, as a liquidation fee is; what it loses is a deficit and goes down the
waterfall: so are funds and pools drawn. The ledger keeps the cash value of what is held in the account ``taken``.
Sources: BitMEX: the liquidation engine takes a position over at its bankruptcy price and unwinds it, gain and loss the
insurance fund's; Binance, OKX: likewise. m, f and τ are modelling choices. Units: USD, contracts, USD per contract.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import equity_of, touch
from agents.core.kernel import inline, rule
from agents.core.ledger import LIQUIDATION_FEE, SHORTFALL, TAKEN, TRADER, VAULT, Book, pay
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Protocols
from agents.exchange.exchange import book_trader_deficit, record_liquidation
from agents.protocol.standby import Backing, means
from model.market.market import MarketRule, mark_all, move_all
from model.market.order_clearing import fill_price

SALE, FUND_FIRST, ADL_FIRST = range(3)  # as in model.scenario.section.exchange.CLOSINGS
SMALL_LOT = 1_000.0
"""USD: a position taken over that is worth less is sold whole."""
DUST = 1e-6
"""USD: one worth less than this is rounding, and the vault's."""


class Closing(NamedTuple):
    """Constants of the sequence."""

    sequence: int  # SALE, FUND_FIRST or ADL_FIRST
    keepers: bool  # whether keepers sell, within their capacity; else the venue does, at once
    multiple: float  # m of (1), >= 0
    fall: float  # f of (1), in [0, 1]
    sale: float  # 1, part of a position taken over that is sold in a step, (2), in (0, 1]
    replaces: bool  # whether deleveraging takes the place of a sale


@inline
def stand_together(backing: Backing, p: int, q: int) -> bool:
    """Tell whether the same capital stands behind two protocols: a pool's, or a mutual fund's."""
    pooled = backing.shares and backing.member[p] and backing.member[q] and backing.pool_of[p] == backing.pool_of[q]
    return p == q or backing.mutual or pooled


@inline
def use_room(protocol: Protocols, backing: Backing, p: int, amount: float) -> None:
    """Take what a protocol takes over off the room of all behind which the same capital stands.

    Parameters
    ----------
    protocol : table of the run; `takeover_room` is written.
    backing : what stands behind protocols.
    p : protocol.
    amount : USD >= 0.
    """
    for q in range(protocol.shape[0]):
        if stand_together(backing, p, q):
            protocol.takeover_room[q] = max(protocol.takeover_room[q] - amount, 0.0)


@inline
def set_room(exchange: Exchanges, protocol: Protocols, book: Book, backing: Backing, closing: Closing) -> None:
    """Write what each backstop may still take over, by (1), into the protocols' column, USD >= 0.

    Parameters
    ----------
    exchange, book : tables of the run, read.
    protocol : written.
    backing : what stands behind protocols.
    closing : m and f.
    """
    capital = means(book.balance, protocol, backing)
    for i in range(exchange.shape[0]):
        own = book.balance[TAKEN, i] + exchange.taken_size[i] * (exchange.mark[i] - exchange.funding_index[i])
        for q in range(protocol.shape[0]):
            if own != 0.0 and stand_together(backing, exchange.protocol[i], q):
                capital[q] += own
    for p in range(protocol.shape[0]):
        whole = capital[p] >= (1.0 - closing.fall) * backing.start[p] and not protocol.halted[p]
        protocol.takeover_room[p] = closing.multiple * max(capital[p], 0.0) if whole else 0.0
    for i in range(exchange.shape[0]):
        use_room(protocol, backing, exchange.protocol[i], abs(exchange.taken_size[i]) * exchange.mark[i])


@inline
def pass_to_backstop(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, row: int, i: int, unsold: float
) -> None:
    """Pass a position with its margin to the backstop at its bankruptcy price.

    Parameters
    ----------
    accounts, blocks, exchange, book : tables of the run, written.
    row : account's row, not flat.
    i : its listing.
    unsold : contracts of it, >= 0, that winners are to be closed against.
    """
    size, mark, level = accounts.size[row], exchange.mark[i], accounts.level[row]
    side = 1.0 if size > 0.0 else -1.0
    own = equity_of(accounts, row, mark, exchange.funding_index[i])
    exchange.needed[i] += max(-own, 0.0)
    exchange.taken_size[i] += size
    exchange.passed_on[i] += (abs(size) - unsold) * mark
    if side > 0.0:
        exchange.unsold_long[i] += unsold
        exchange.unsold_long_value[i] += unsold * level
    else:
        exchange.unsold_short[i] += unsold
        exchange.unsold_short_value[i] += unsold * level
    cash = accounts.collateral[row] - size * (accounts.entry_price[row] - accounts.entry_funding[row])
    pay(book, TRADER, TAKEN, i, cash)
    record_liquidation(exchange, i, side, abs(size) * mark)
    accounts.realised[row] -= accounts.collateral[row]
    accounts.size[row] = accounts.collateral[row] = 0.0
    touch(accounts, blocks, row)


@rule
def lot(size: float, mark: float, sale: float) -> float:
    """Return the contracts of a position taken over that are sold in a step, of its sign: a part, or all of a little.

    Parameters
    ----------
    size : contracts, short < 0.
    mark : USD per contract, > 0.
    sale : part, in (0, 1].
    """
    return size if abs(size) * mark <= SMALL_LOT else size * sale


@inline
def settle_lot(exchange: Exchanges, market: Markets, book: Book, i: int, sold: float) -> None:
    """Fill the sale of `sold` contracts taken over; the gain is income of the backstop, the loss a deficit.

    Parameters
    ----------
    exchange, book : tables of the run, written.
    market : the average price of the sale, read.
    i : listing.
    sold : contracts, of the sign of the position, at most it.
    """
    size, before = exchange.taken_size[i], book.balance[TAKEN, i]
    paid = fill_price(market.average[exchange.book[i]], exchange.spread[i], -sold)
    left = 0.0 if sold == size else before * (1.0 - sold / size)
    exchange.taken_size[i] = 0.0 if sold == size else size - sold
    exchange.vault_size[i] += sold
    pay(book, VAULT, TAKEN, i, sold * (paid - exchange.funding_index[i]))
    gain = book.balance[TAKEN, i] - left
    exchange.takeover_profit[i] += gain
    if gain >= 0.0:
        pay(book, TAKEN, LIQUIDATION_FEE, i, gain)
    else:
        pay(book, SHORTFALL, TAKEN, i, -gain)
        book_trader_deficit(exchange, i, -gain)


@inline
def unload(
    exchange: Exchanges, market: Markets, book: Book, rules: MarketRule, closing: Closing, oracle_error: np.ndarray
) -> None:
    """Sell a part of what backstops took over, all in a book together, and mark again.

    Parameters
    ----------
    exchange, market, book : tables of the run, written.
    rules : constants of the market.
    closing : how fast.
    oracle_error : (listings,) 1, relative error of the mark.
    """
    any_held = False
    for k in range(market.shape[0]):
        market.flow[k] = 0.0
    for i in range(exchange.shape[0]):
        size, mark = exchange.taken_size[i], exchange.mark[i]
        if abs(size) * mark <= DUST:
            exchange.vault_size[i] += size
            exchange.taken_size[i] = 0.0
            pay(book, TAKEN, VAULT, i, book.balance[TAKEN, i])
        elif exchange.halt[i] == 0.0:
            market.flow[exchange.book[i]] -= lot(size, mark, closing.sale)
            any_held = True
    if any_held:
        move_all(market, rules)
        for i in range(exchange.shape[0]):
            if exchange.taken_size[i] != 0.0 and exchange.halt[i] == 0.0:
                settle_lot(exchange, market, book, i, lot(exchange.taken_size[i], exchange.mark[i], closing.sale))
        mark_all(market, exchange, oracle_error)
