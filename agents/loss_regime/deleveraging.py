"""Auto-deleveraging: winners on the other side are closed at the bankrupt accounts' price, best ranked first.

When fund and pool cannot pay, contracts are taken from the winning side at the bankruptcy price b of the accounts that
failed, rather than at the mark p, so each contract closed saves the protocol |p − b|. The vault, which bought the
failed positions, hands on as many contracts as it takes. Winner i can give at most

    lᵢ = min(|qᵢ| |p − b|, eᵢ)                                                                   (1)

its whole position at that price, and no more than its equity. The ranking (:mod:`agents.loss_regime.score`) divides the
residual among winners under these limits: one after the other, or in proportion.

Where a venue closes **at mark** (OKX; Hyperliquid at the mark before), the price saves nothing. What the venue gets rid
of is risk: the contracts that failed in this step and that the vault took over are handed to winners at mark, in order
of rank, and the residual, which is what the takeover has cost already, is passed to the fallback.

Only accounts in profit are closed; closing off the book moves no price, and contracts still sum to zero. Units:
contracts, USD.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.account import touch
from agents.kernel import kernel, rule
from agents.ledger import DEFICIT, TRADER, VAULT, WALLET, pay
from agents.loss_regime.base import LossRegime
from agents.loss_regime.haircut import note_loss
from agents.loss_regime.ranking import RANKINGS
from agents.loss_regime.score import Standing, draw_lots
from agents.venue import Venue

Array = np.ndarray


class AutoDeleveraging(LossRegime):
    """Winners are closed at the bankruptcy price, or at mark, by a ranking."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Close winners against failed longs, then against failed shorts; return what was saved."""
        placed = 0.0
        for side in (1.0, -1.0):
            if self.terms.close_price == "mark":
                self.pass_on(venue, protocol, side, step)
            else:
                placed += self.close_out(venue, protocol, residual - placed, side, step)
        return placed

    def close_out(self, venue: Venue, protocol: int, residual: float, side: float, step: int) -> float:
        """Close winners at the bankruptcy price of `side` (1: longs) until `residual` USD is saved; return the saving.

        Nothing is saved where nobody on that side failed, or the mark has come back past the bankruptcy price.
        """
        gap = side * (failure(venue, protocol, side).price - venue.exchange[protocol]["mark"])
        rows, standing = self.winners(venue, protocol, side if gap > 0.0 else 0.0, step)
        ranking = RANKINGS[self.terms.ranking]
        size = np.abs(standing.size)
        limits = np.minimum(size * gap, standing.equity)
        most = np.minimum(limits, standing.gain) if ranking.protects_principal else limits
        taken = ranking.allot(ranking.score(standing), most, residual)
        gaps = np.minimum(gap, standing.equity / size)
        close(venue, protocol, rows, np.where(taken >= limits, size, taken / gaps), gaps, self.reaction)
        return float(taken.sum())

    def pass_on(self, venue: Venue, protocol: int, side: float, step: int) -> None:
        """Hand the contracts that failed on `side` to winners at mark."""
        rows, standing = self.winners(venue, protocol, side, step)
        ranking = RANKINGS[self.terms.ranking]
        size = np.abs(standing.size)
        contracts = ranking.allot(ranking.score(standing), size, failure(venue, protocol, side).contracts)
        close(venue, protocol, rows, contracts, np.zeros(len(rows)), self.reaction)

    def winners(self, venue: Venue, protocol: int, side: float, step: int) -> tuple[Array, Standing]:
        """Return rows and standing of the accounts in profit opposite to `side`."""
        rows = opposite(venue, protocol, side)
        accounts, exchange = venue.accounts, venue.exchange[protocol]
        owed, mark = exchange["funding_index"] - accounts.entry_funding[rows], exchange["mark"]
        gain = accounts.size[rows] * (mark - accounts.entry_price[rows] - owed)
        rows, gain, owed = rows[gain > 0.0], gain[gain > 0.0], owed[gain > 0.0]
        lots = np.empty(len(rows))
        if self.terms.ranking == "random":
            slots = len(accounts.size) // len(venue.exchange)
            lots = draw_lots(self.key, step, protocol * slots, slots)[rows - protocol * slots]
        whole, entry = np.ones(len(rows)), accounts.entry_price[rows] + owed
        equity = accounts.collateral[rows] + gain
        return rows, Standing(accounts.size[rows], entry, mark * whole, equity, exchange["maintenance"] * whole, lots)


class Failure(NamedTuple):
    """What failed on one side of a protocol in this step."""

    contracts: float  # contracts, >= 0
    price: float  # USD per contract, average bankruptcy price, NaN where nothing failed


def failure(venue: Venue, protocol: int, side: float) -> Failure:
    """Return what failed in this step among longs (`side` 1) or shorts (−1)."""
    name = "bankrupt_long" if side > 0.0 else "bankrupt_short"
    exchange = venue.exchange[protocol]
    contracts, value = float(exchange[name]), float(exchange[f"{name}_value"])
    return Failure(contracts, value / contracts if contracts > 0.0 else np.nan)


def opposite(venue: Venue, protocol: int, side: float) -> Array:
    """Return the rows of a protocol with a position opposite to `side`; nobody is opposite to side 0."""
    if side == 0.0:
        return np.empty(0, np.int64)
    slots = len(venue.accounts.size) // len(venue.exchange)
    first = protocol * slots
    return first + np.flatnonzero(venue.accounts.size[first : first + slots] * side < 0.0)


@rule
def close_at(venue: Any, protocol: int, row: int, contracts: float, gap: float, reaction: float) -> None:
    """Close part of an account against the vault, `gap` USD a contract worse than at mark."""
    accounts, exchange, book = venue.accounts, venue.exchange, venue.book
    size, funding, mark = accounts.size[row], exchange.funding_index[protocol], exchange.mark[protocol]
    side = 1.0 if size > 0.0 else -1.0
    entry = accounts.entry_price[row] + funding - accounts.entry_funding[row]
    equity = accounts.collateral[row] + size * (mark - entry)
    gain = side * contracts * (mark - side * gap - entry)
    freed = max(accounts.collateral[row] * (contracts / abs(size)) + gain, 0.0)
    accounts.collateral[row] = max(accounts.collateral[row] * (1.0 - contracts / abs(size)), 0.0)
    accounts.wallet[row] += freed
    accounts.size[row] = 0.0 if contracts == abs(size) else size - side * contracts
    accounts.realised[row] += gain
    if gap > 0.0:
        note_loss(accounts, row, contracts * gap, equity, reaction)
    accounts.deleveraged[row] += contracts * mark
    exchange.vault_size[protocol] += side * contracts
    pay(book, TRADER, VAULT, protocol, -side * contracts * (mark - funding))
    pay(book, TRADER, DEFICIT, protocol, contracts * gap)
    pay(book, TRADER, WALLET, protocol, freed)
    touch(accounts, venue.blocks, row)


@kernel
def close(
    venue: Venue, protocol: int, rows: np.ndarray, contracts: np.ndarray, gaps: np.ndarray, reaction: float
) -> None:
    """Close `contracts` of each of `rows`, `gaps` USD a contract worse than at mark; savings go to the deficit."""
    for position in range(rows.shape[0]):
        if contracts[position] > 0.0:
            close_at(venue, protocol, rows[position], contracts[position], gaps[position], reaction)
