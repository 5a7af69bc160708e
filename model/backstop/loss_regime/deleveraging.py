"""Auto-deleveraging: winners on the other side are closed against what failed, best ranked first.

When fund and pool cannot pay, contracts are taken from the winning side at a price better for the protocol than the
mark p. The vault, which bought the F contracts that failed on one side in this step, hands on as many as are taken:
never more than failed and were not handed on yet, whatever the ranking, the price and the residual. A contract closed
at x saves the protocol |p − x|; winner i with qᵢ contracts and equity eᵢ saves it

    gᵢ = min(|p − x|, eᵢ / |qᵢ|)                                                                  (1)

a contract, no more than its equity in all. The close price x is

- **bankruptcy**: the average price b at which the failed accounts were bankrupt, so that F contracts save what their
  accounts fell short of against the mark (BitMEX, dYdX v4). Winners are closed until the residual R is saved or F is
  reached; what F contracts do not save is not placed:

      nᵢ = min(nᵢ(R), nᵢ(F)),    Σ nᵢ gᵢ ≤ R,    Σ nᵢ ≤ F                                         (2)

  with nᵢ(R) the ranking's division of the residual in USD and nᵢ(F) that of the contracts.
- **mark**: nothing is saved by price. What the venue gets rid of is risk: all F contracts are handed to winners, and
  the residual, which is what the takeover has cost already, is passed to the fallback (OKX).
- **previous_mark**: the mark of the step before. All F contracts are handed to winners at it, or at the mark where that
  is the worse for them. An account that was solvent a step before leaves no debt there (Hyperliquid). The rule does not
  ask how much is needed: what it saves above the residual is overshoot, and stays with the vault.

Losses that no failed position explains, as exploits, cannot be deleveraged. Only accounts in profit are closed, under
the drawn ranking any; closing off the book moves no price, and contracts still sum to zero. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import touch
from agents.account.position import closed_of
from agents.core.books import Venue
from agents.core.kernel import kernel, rule
from agents.core.ledger import DEFICIT, TRADER, VAULT, WALLET, pay
from model.backstop.loss_regime.base import LossRegime
from model.backstop.loss_regime.failure import failure, hand_on
from model.backstop.loss_regime.haircut import note_loss
from model.backstop.loss_regime.score import Ranking, Standing, draw_lots
from model.scenario.registry import RANKINGS

Array = np.ndarray


class PreviousMark(NamedTuple):
    """What deleveraging remembers."""

    price: Array  # (protocols,) USD per contract > 0, marks of the step before


class AutoDeleveraging(LossRegime):
    """Winners are closed against what failed, by a ranking, at the price of ``terms.close_price``."""

    @property
    def period(self) -> int:
        """Every step where the mark of the step before is the price."""
        return int(self.terms.close_price == "previous_mark")

    def begin(self, venue: Venue) -> None:
        """Note the marks at the start."""
        self.memory = PreviousMark(venue.exchange["mark"].copy())
        self.previous = self.memory.price

    def advance(self, venue: Venue, step: int) -> bool:
        """Note the marks of this step for the next; no money moves."""
        self.previous[:] = venue.exchange["mark"]
        return False

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Close winners against failed longs, then against failed shorts; return what was saved."""
        saved = 0.0
        for side in (1.0, -1.0):
            if self.terms.close_price == "bankruptcy":
                saved += self.close_out(venue, protocol, max(residual - saved, 0.0), side, step)
            else:
                saved += self.pass_on(venue, protocol, side, step)
        return saved

    def close_out(self, venue: Venue, protocol: int, residual: float, side: float, step: int) -> float:
        """Close winners at the bankruptcy price of `side` (1: longs) by (2); return what was saved, USD.

        Nothing is saved where nobody on that side failed, or the mark has come back past the bankruptcy price.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run, written in place.
        protocol : index.
        residual : USD >= 0, loss still to be placed.
        side : 1 where longs failed, -1 where shorts did.
        step : present step.
        """
        failed = failure(venue, protocol, side)
        gap = side * (failed.price - venue.exchange[protocol]["mark"])
        rows, standing = self.winners(venue, protocol, side if gap > 0.0 and residual > 0.0 else 0.0, step)
        gaps = savings(standing, gap)
        contracts = within_both(RANKINGS[self.terms.ranking], standing, gaps, residual, failed.contracts)
        return self.take(venue, protocol, side, rows, contracts, gaps)

    def pass_on(self, venue: Venue, protocol: int, side: float, step: int) -> float:
        """Hand what failed on `side` to winners, at mark or at the mark of the step before; return what was saved.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run, written in place.
        protocol : index.
        side : 1 where longs failed, -1 where shorts did.
        step : present step.
        """
        failed, gap = failure(venue, protocol, side), 0.0
        if self.terms.close_price == "previous_mark":
            gap = max(side * (self.previous[protocol] - float(venue.exchange[protocol]["mark"])), 0.0)
        rows, standing = self.winners(venue, protocol, side if failed.contracts > 0.0 else 0.0, step)
        ranking, gaps = RANKINGS[self.terms.ranking], savings(standing, gap)
        most = affordable(standing, gaps) if ranking.protects_principal else np.abs(standing.size)
        contracts = ranking.allot(ranking.score(standing), most, failed.contracts)
        return self.take(venue, protocol, side, rows, contracts, gaps)

    def take(self, venue: Venue, protocol: int, side: float, rows: Array, contracts: Array, gaps: Array) -> float:
        """Close `contracts` of `rows`, which so many of the failed are handed to; return what is saved, USD.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run, written in place.
        protocol : index.
        side : 1 where longs failed, -1 where shorts did.
        rows : (n,) accounts of winners.
        contracts : (n,) >= 0, closed of each.
        gaps : (n,) USD per contract, what closing one saves.
        """
        close(venue, protocol, rows, contracts, gaps, self.reaction)
        hand_on(venue, protocol, side, float(contracts.sum()))
        return float((contracts * gaps).sum())

    def winners(self, venue: Venue, protocol: int, side: float, step: int) -> tuple[Array, Standing]:
        """Return rows and standing of the accounts opposite to `side` that may be closed.

        Parameters
        ----------
        venue : accounts and exchanges, read.
        protocol : index.
        side : 1 where longs failed, -1 where shorts did, 0 for nobody.
        step : present step, for lots.
        """
        rows = opposite(venue, protocol, side)
        accounts, exchange = venue.accounts, venue.exchange[protocol]
        owed, mark = exchange["funding_index"] - accounts.entry_funding[rows], exchange["mark"]
        gain = accounts.size[rows] * (mark - accounts.entry_price[rows] - owed)
        equity = accounts.collateral[rows] + gain
        eligible = equity > 0.0 if RANKINGS[self.terms.ranking].spares_nobody else gain > 0.0
        rows, equity, owed = rows[eligible], equity[eligible], owed[eligible]
        lots = np.empty(len(rows))
        if self.terms.ranking == "random":
            slots = len(accounts.size) // len(venue.exchange)
            lots = draw_lots(self.key, step, protocol * slots, slots)[rows - protocol * slots]
        whole, entry = np.ones(len(rows)), accounts.entry_price[rows] + owed
        return rows, Standing(accounts.size[rows], entry, mark * whole, equity, exchange["maintenance"] * whole, lots)


def savings(standing: Standing, gap: float) -> Array:
    """Return (1), what a contract of each closed `gap` USD worse than at mark saves, (n,) USD per contract."""
    return np.minimum(gap, standing.equity / np.abs(standing.size))


def affordable(standing: Standing, gaps: Array) -> Array:
    """Return the contracts each can give without losing more than its profit, (n,)."""
    size = np.abs(standing.size)
    return np.minimum(size, np.divide(standing.gain, gaps, out=np.full(len(gaps), np.inf), where=gaps > 0.0))


def within_both(ranking: Ranking, standing: Standing, gaps: Array, residual: float, failed: float) -> Array:
    """Return (2), the contracts closed of each, (n,) >= 0, by division of the residual and of what failed.

    Both divisions are of the same rule, and fuller the greater the amount, so that the lesser of the two everywhere is
    the one whose bound binds.

    Parameters
    ----------
    ranking : who comes first, or in what proportion all give.
    gaps : (n,) USD per contract > 0, saved by each.
    residual : USD >= 0. failed : contracts >= 0.
    """
    size, score = np.abs(standing.size), ranking.score(standing)
    limits = size * gaps
    most = np.minimum(limits, standing.gain) if ranking.protects_principal else limits
    taken = ranking.allot(score, most, residual)
    by_residual = np.where(taken >= limits, size, taken / gaps)
    if float(by_residual.sum()) <= failed:
        return by_residual
    weight = score if ranking.is_queue else score / gaps
    return np.minimum(by_residual, ranking.allot(weight, np.where(most >= limits, size, most / gaps), failed))


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

    Parameters
    ----------
    size : contracts, short < 0, not zero.
    entry : USD per contract, funding owed included.
    collateral : USD >= 0.
    mark : USD per contract, > 0.
    contracts : > 0, at most the position's.
    gap : USD per contract, >= 0.

    Returns
    -------
    Contracts left, short < 0; collateral left and freed, USD >= 0; gain, USD, a loss < 0.
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

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    protocol : index.
    rows : (n,) accounts, each with a position.
    contracts : (n,) >= 0, closed of each.
    gaps : (n,) USD per contract, >= 0 where something is closed.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    accounts, exchange = venue.accounts, venue.exchange
    sizes, entries, fundings = accounts.size, accounts.entry_price, accounts.entry_funding
    collaterals, wallets, profits, notionals = (
        accounts.collateral, accounts.wallet, accounts.realised, accounts.deleveraged
    )  # fmt: skip
    mark, funding = exchange.mark[protocol], exchange.funding_index[protocol]
    bought = saved = returned = 0.0
    for position in range(rows.shape[0]):
        row, gap = rows[position], gaps[position]
        if contracts[position] > 0.0:
            closed = closed_of(sizes[row], contracts[position])
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
