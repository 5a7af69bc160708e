"""Auto-deleveraging: winners on the other side are closed at the bankrupt accounts' price, best ranked first.

When fund and pool cannot pay, contracts are taken from the winning side at the bankruptcy price b of the accounts that
failed, rather than at the mark p, so each contract closed saves the protocol |p − b|. The vault, which bought the
failed positions, hands on as many contracts as it takes. Winners are ranked by (BitMEX)

    score = profit % · effective leverage        if profit > 0,  profit = (mark − entry) / entry, signed by side  (1)
          = profit % / effective leverage        otherwise
    effective leverage = |mark value| / (mark value − bankruptcy value) = |q| p / e

Only accounts in profit are closed, in whole as far as needed; closing off the book moves no price, and contracts still
sum to zero. An account gives up at most its equity. Units: contracts, USD.
"""

from typing import Any

import numpy as np

from agents.account import touch
from agents.kernel import kernel, rule
from agents.ledger import DEFICIT, TRADER, VAULT, WALLET, pay
from agents.loss_regime.base import LossRegime
from agents.loss_regime.haircut import unrealised
from agents.order import descending
from agents.position import effective_leverage
from agents.venue import Venue


class AutoDeleveraging(LossRegime):
    """Winners are closed at the bankruptcy price, by profit times effective leverage."""

    def collect(self, venue: Venue, protocol: int, residual: float) -> float:
        """Close winners against failed longs, then against failed shorts; return what was saved."""
        placed = 0.0
        for side in (1.0, -1.0):
            placed += deleverage(venue, protocol, residual - placed, side, self.reaction)
        return placed


@rule
def profit_leverage_score(entry: float, mark: float, side: float, leverage: float) -> float:
    """Return the rank score (1) of a position; `side` is 1 for longs and −1 for shorts."""
    profit = side * (mark - entry) / entry
    return profit * leverage if profit > 0.0 else profit / leverage


@rule
def failure_price(exchange: Any, protocol: int, side: float) -> float:
    """Return the average bankruptcy price of this step's failures on a side, NaN where there were none."""
    contracts, value = exchange.bankrupt_short[protocol], exchange.bankrupt_short_value[protocol]
    if side > 0.0:
        contracts, value = exchange.bankrupt_long[protocol], exchange.bankrupt_long_value[protocol]
    return value / contracts if contracts > 0.0 else np.nan


@rule
def rank(venue: Any, protocol: int, side: float, rows: np.ndarray, scores: np.ndarray) -> int:
    """List the accounts in profit opposite to `side` with their scores; return how many."""
    accounts, exchange = venue.accounts, venue.exchange
    slots = accounts.size.shape[0] // exchange.shape[0]
    found, mark = 0, exchange.mark[protocol]
    for row in range(protocol * slots, (protocol + 1) * slots):
        gain = unrealised(accounts, exchange, row, protocol)
        if accounts.size[row] * side < 0.0 and gain > 0.0:
            leverage = effective_leverage(accounts.size[row], mark, accounts.collateral[row] + gain)
            rows[found] = row
            scores[found] = profit_leverage_score(accounts.entry_price[row], mark, -side, leverage)
            found += 1
    return found


@rule
def close_at(venue: Any, protocol: int, row: int, contracts: float, price: float, gap: float, reaction: float) -> None:
    """Close part of a winner at `price`, `gap` USD a contract worse than the mark, against the vault."""
    accounts, exchange, book = venue.accounts, venue.exchange, venue.book
    size, funding = accounts.size[row], exchange.funding_index[protocol]
    side = 1.0 if size > 0.0 else -1.0
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    equity = accounts.collateral[row] + size * (exchange.mark[protocol] - entry)
    gain = side * contracts * (price - entry)
    freed = accounts.collateral[row] * (contracts / abs(size)) + gain
    kept = max(accounts.collateral[row] * (1.0 - contracts / abs(size)), 0.0)
    accounts.collateral[row] = kept
    accounts.wallet[row] += freed
    accounts.size[row] = 0.0 if contracts == abs(size) else size - side * contracts
    accounts.realised[row] += gain
    accounts.haircut[row] += contracts * gap
    accounts.leverage[row] *= 1.0 - reaction * min(contracts * gap / equity, 1.0)
    exchange.vault_size[protocol] += side * contracts
    mark = exchange.mark[protocol]
    pay(book, TRADER, VAULT, protocol, -side * contracts * (mark - funding))
    pay(book, TRADER, DEFICIT, protocol, contracts * gap)
    pay(book, TRADER, WALLET, protocol, freed)
    touch(accounts, venue.blocks, row)


@kernel
def deleverage(venue: Venue, protocol: int, residual: float, side: float, reaction: float) -> float:
    """Close winners opposite to the failed `side` (1: longs) until `residual` USD is saved; return the saving."""
    exchange, accounts = venue.exchange, venue.accounts
    price = failure_price(exchange, protocol, side)
    gap = side * (price - exchange.mark[protocol])
    if not (residual > 0.0 and gap > 0.0):
        return 0.0
    slots = accounts.size.shape[0] // exchange.shape[0]
    rows, scores = np.empty(slots, np.int64), np.empty(slots)
    found = rank(venue, protocol, side, rows, scores)
    saved = 0.0
    for position in descending(scores[:found]):
        if saved >= residual:
            break
        row = rows[position]
        size = abs(accounts.size[row])
        equity = accounts.collateral[row] + unrealised(accounts, exchange, row, protocol)
        worst = min(gap, equity / size)
        contracts = min(size, (residual - saved) / worst)
        close_at(venue, protocol, row, contracts, exchange.mark[protocol] + side * worst, worst, reaction)
        saved += contracts * worst
    return min(saved, residual)
