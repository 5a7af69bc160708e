"""Tear-up: what happens to the accounts of a protocol that has failed.

All positions are closed against the vault at the last mark p, so that no order reaches the market and no price moves.
An account's equity e = c + q (p − p₀) − q (Φ − Φ₀) becomes its claim e⁺; what is negative, and a vault below zero, is
a further deficit, which goes down the layers of the waterfall as any other; no loss regime can act, so what they leave
is bad debt. Once the protocol's debts are cleared, with U its bad debt still unpaid and E⁺ what the vault is
worth, customers rank equally and everybody recovers the same part of its claim,

    ρ = max(0, 1 − U / (Σ e⁺ + E⁺))                                                            (1)

paid to traders' wallets; the vault's part stays in the vault, where its providers are trapped while the protocol is
halted. Conservation: U falls by the (1 − ρ) (Σ e⁺ + E⁺) that customers lose. LME nickel 2022 (trades cancelled) and
clearing houses' tear-up are the models. Units: USD, contracts.
"""

import numpy as np

from agents.account.account import BLOCK
from agents.core.books import Venue
from agents.core.ledger import (
    BAD_DEBT,
    DEFICIT,
    FUND,
    OUTSIDE,
    TAKEN,
    TRADER,
    VAULT,
    WALLET,
    WHOLE,
    pay,
    transfer,
)
from agents.exchange.exchange import listings_of
from agents.provider.vault_closing import settle_successor

Array = np.ndarray
DUST = 1e-6


def pass_to_outside(venue: Venue, listing: int, price: float) -> None:
    """Close what makers and outside capital hold against the vault; outside pays the makers in the next step."""
    exchange = venue.exchange
    held = float(exchange["maker_size"][listing] + exchange["outside_size"][listing])
    transfer(venue.book, VAULT, listing, OUTSIDE, WHOLE, held * price)
    exchange["maker_size"][listing] = exchange["outside_size"][listing] = 0.0


def tear_up(venue: Venue, listing: int) -> tuple[float, float]:
    """Close every position of a `listing` at its mark and book what comes to light as a deficit of its protocol.

    A vault left below zero is closed for good.

    Returns
    -------
    shortfall : USD >= 0, negative equity of accounts.
    hole : USD >= 0, negative equity of the vault.
    """
    rows, protocol = _rows(venue, slice(listing, listing + 1)), int(venue.exchange["protocol"][listing])
    accounts, exchange, book = venue.accounts, venue.exchange, venue.book
    mark, index = float(exchange["mark"][listing]), float(exchange["funding_index"][listing])
    size, collateral = accounts.size[rows], accounts.collateral[rows]
    gain = size * (mark - accounts.entry_price[rows] - (index - accounts.entry_funding[rows]))
    own = collateral + gain
    pay(book, VAULT, TRADER, listing, float((size * (mark - index)).sum()))
    pay(book, VAULT, TAKEN, listing, float(exchange["taken_size"][listing]) * (mark - index))
    pass_to_outside(venue, listing, mark - index)
    exchange["vault_size"][listing] = exchange["taken_size"][listing] = 0.0
    if exchange["vault_closed"][listing]:
        settle_successor(exchange, book, listing, float(book.balance[VAULT, listing]))
    accounts.realised[rows] += np.maximum(gain, -collateral)
    accounts.collateral[rows] = np.maximum(own, 0.0)
    size[:] = accounts.level[rows] = accounts.order[rows] = 0.0
    accounts.entry_price[rows] = accounts.entry_funding[rows] = 0.0
    venue.blocks["stale"][rows.start // BLOCK : rows.stop // BLOCK] = 1
    shortfall, hole = float(np.maximum(-own, 0.0).sum()), max(-float(book.balance[VAULT, listing]), 0.0)
    transfer(book, DEFICIT, protocol, TRADER, listing, shortfall)
    transfer(book, DEFICIT, protocol, VAULT, listing, hole)
    shortfall += settle_taken(venue, listing)
    if hole > 0.0:
        exchange["vault_closed"][listing] = 1.0
    exchange["deficit"][listing] += shortfall + hole
    exchange["trader_deficit"][listing] += shortfall
    exchange["vault_deficit"][listing] += hole
    return shortfall, hole


def settle_taken(venue: Venue, listing: int) -> float:
    """Settle what positions taken over have left at the mark: a gain is the fund's; return a loss, USD >= 0."""
    left, protocol = float(venue.book.balance[TAKEN, listing]), int(venue.exchange["protocol"][listing])
    transfer(venue.book, TAKEN, listing, FUND if left > 0.0 else DEFICIT, protocol, left)
    venue.exchange["takeover_profit"][listing] += left
    return max(-left, 0.0)


def pay_claims(venue: Venue, protocol: int, reaction: float) -> float:
    """Pay the accounts of a torn-up protocol the part (1) of their claims; return what all customers lose, USD.

    Parameters
    ----------
    venue : tables and book.
    protocol : index of a protocol whose positions are closed.
    reaction : fall of a trader's leverage appetite per fraction of equity lost.
    """
    listings = listings_of(venue.exchange, protocol)
    rows, accounts, balance = _rows(venue, listings), venue.accounts, venue.book.balance
    claims, vault = accounts.collateral[rows], np.maximum(balance[VAULT, listings], 0.0)
    owed, total = max(-float(balance[BAD_DEBT, protocol]), 0.0), float(claims.sum()) + float(vault.sum())
    part = min(owed / total, 1.0) if total > 0.0 else 0.0
    cut = claims * part
    accounts.haircut[rows] += cut
    accounts.realised[rows] -= cut
    accounts.leverage[rows] *= 1.0 - reaction * part * (claims > 0.0)
    accounts.wallet[rows] += claims - cut
    _settle_claims(venue, protocol, claims, cut, vault * part)
    claims[:] = 0.0
    rounding = float(balance[BAD_DEBT, protocol])
    if abs(rounding) < DUST:
        transfer(venue.book, BAD_DEBT, protocol, OUTSIDE, WHOLE, rounding)
    return float(cut.sum()) + float((vault * part).sum())


def _settle_claims(venue: Venue, protocol: int, claims: Array, cut: Array, vault_cut: Array) -> None:
    """Book what claims, (rows of its listings,) USD, and vaults, (its listings,), lose of a protocol, and the rest."""
    listings, book = listings_of(venue.exchange, protocol), venue.book
    shape = (listings.stop - listings.start, -1)
    lost, paid = cut.reshape(shape), (claims - cut).reshape(shape)
    for at, i in enumerate(range(listings.start, listings.stop)):
        transfer(book, TRADER, i, BAD_DEBT, protocol, float(lost[at].sum()))
        transfer(book, VAULT, i, BAD_DEBT, protocol, float(vault_cut[at]))
        pay(book, TRADER, WALLET, i, float(paid[at].sum()))


def _rows(venue: Venue, listings: slice) -> slice:
    slots = len(venue.accounts.size) // len(venue.exchange)
    return slice(listings.start * slots, listings.stop * slots)
