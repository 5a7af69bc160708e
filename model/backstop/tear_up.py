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
from agents.core.ledger import BAD_DEBT, DEFICIT, OUTSIDE, TRADER, VAULT, WALLET, WHOLE, pay, transfer
from agents.provider.vault_closing import settle_successor

DUST = 1e-6


def tear_up(venue: Venue, protocol: int) -> tuple[float, float]:
    """Close every position of `protocol` at its mark and book what comes to light as a deficit.

    A vault left below zero is closed for good.

    Returns
    -------
    shortfall : USD >= 0, negative equity of accounts.
    hole : USD >= 0, negative equity of the vault.
    """
    rows = _rows(venue, protocol)
    accounts, exchange, book = venue.accounts, venue.exchange, venue.book
    mark, index = float(exchange["mark"][protocol]), float(exchange["funding_index"][protocol])
    size, collateral = accounts.size[rows], accounts.collateral[rows]
    gain = size * (mark - accounts.entry_price[rows] - (index - accounts.entry_funding[rows]))
    own = collateral + gain
    pay(book, VAULT, TRADER, protocol, float((size * (mark - index)).sum()))
    exchange["vault_size"][protocol] = 0.0
    if exchange["vault_closed"][protocol]:
        settle_successor(exchange, book, protocol, float(book.balance[VAULT, protocol]))
    accounts.realised[rows] += np.maximum(gain, -collateral)
    accounts.collateral[rows] = np.maximum(own, 0.0)
    size[:] = accounts.level[rows] = accounts.order[rows] = 0.0
    accounts.entry_price[rows] = accounts.entry_funding[rows] = 0.0
    venue.blocks["stale"][rows.start // BLOCK : rows.stop // BLOCK] = 1
    shortfall, hole = float(np.maximum(-own, 0.0).sum()), max(-float(book.balance[VAULT, protocol]), 0.0)
    pay(book, DEFICIT, TRADER, protocol, shortfall)
    pay(book, DEFICIT, VAULT, protocol, hole)
    if hole > 0.0:
        exchange["vault_closed"][protocol] = 1.0
    exchange["deficit"][protocol] += shortfall + hole
    exchange["trader_deficit"][protocol] += shortfall
    exchange["vault_deficit"][protocol] += hole
    return shortfall, hole


def pay_claims(venue: Venue, protocol: int, reaction: float) -> float:
    """Pay the accounts of a torn-up protocol the part (1) of their claims; return what all customers lose, USD.

    Parameters
    ----------
    venue : tables and book.
    protocol : index of a protocol whose positions are closed.
    reaction : fall of a trader's leverage appetite per fraction of equity lost.
    """
    rows = _rows(venue, protocol)
    accounts, book = venue.accounts, venue.book
    claims, vault = accounts.collateral[rows], max(float(book.balance[VAULT, protocol]), 0.0)
    owed, total = max(-float(book.balance[BAD_DEBT, protocol]), 0.0), float(claims.sum()) + vault
    part = min(owed / total, 1.0) if total > 0.0 else 0.0
    cut = claims * part
    accounts.haircut[rows] += cut
    accounts.realised[rows] -= cut
    accounts.leverage[rows] *= 1.0 - reaction * part * (claims > 0.0)
    accounts.wallet[rows] += claims - cut
    pay(book, TRADER, BAD_DEBT, protocol, float(cut.sum()))
    pay(book, VAULT, BAD_DEBT, protocol, vault * part)
    pay(book, TRADER, WALLET, protocol, float((claims - cut).sum()))
    claims[:] = 0.0
    rounding = float(book.balance[BAD_DEBT, protocol])
    if abs(rounding) < DUST:
        transfer(book, BAD_DEBT, protocol, OUTSIDE, WHOLE, rounding)
    return float(cut.sum()) + vault * part


def _rows(venue: Venue, protocol: int) -> slice:
    slots = len(venue.accounts.size) // len(venue.exchange)
    return slice(protocol * slots, (protocol + 1) * slots)
