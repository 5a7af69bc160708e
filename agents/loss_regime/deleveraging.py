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

from typing import NamedTuple

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
def close_at(
    size: float, entry: float, collateral: float, mark: float, contracts: float, gap: float
) -> tuple[float, float, float, float]:
    """Return (size, collateral, freed, gain) after `contracts` were closed `gap` USD each worse than at mark.

    `entry` has the funding owed in it. Collateral is freed in proportion and goes to the owner with the `gain`, USD.
    """
    side = 1.0 if size > 0.0 else -1.0
    part, gain = contracts / abs(size), side * contracts * (mark - side * gap - entry)
    left = 0.0 if contracts == abs(size) else size - side * contracts
    return left, max(collateral * (1.0 - part), 0.0), max(collateral * part + gain, 0.0), gain


@kernel
def close(
    venue: Venue, protocol: int, rows: np.ndarray, contracts: np.ndarray, gaps: np.ndarray, reaction: float
) -> None:
    """Close `contracts` of each of `rows` against the vault, `gaps` USD a contract worse than at mark, which is saved.

    Columns are taken out of their tables before the loop, where taking them is dear.
    """
    accounts, exchange = venue.accounts, venue.exchange
    sizes, entries, fundings = accounts.size, accounts.entry_price, accounts.entry_funding
    collaterals, wallets, profits, notionals = (
        accounts.collateral, accounts.wallet, accounts.realised, accounts.deleveraged
    )  # fmt: skip
    mark, funding = exchange.mark[protocol], exchange.funding_index[protocol]
    bought = saved = returned = 0.0
    for position in range(rows.shape[0]):
        row, closed, gap = rows[position], contracts[position], gaps[position]
        if closed > 0.0:
            size, entry = sizes[row], entries[row] + funding - fundings[row]
            if gap > 0.0:
                note_loss(accounts, row, closed * gap, collaterals[row] + size * (mark - entry), reaction)
            sizes[row], collaterals[row], freed, gain = close_at(size, entry, collaterals[row], mark, closed, gap)
            wallets[row] += freed
            profits[row] += gain
            notionals[row] += closed * mark
            bought += sizes[row] - size
            saved += closed * gap
            returned += freed
            touch(accounts, venue.blocks, row)
    exchange.vault_size[protocol] -= bought
    pay(venue.book, TRADER, VAULT, protocol, bought * (mark - funding))
    pay(venue.book, TRADER, DEFICIT, protocol, saved)
    pay(venue.book, TRADER, WALLET, protocol, returned)
