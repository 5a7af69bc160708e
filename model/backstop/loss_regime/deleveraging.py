"""Auto-deleveraging: winners on the other side are closed against what failed, best ranked first.

When fund and pool cannot pay, contracts are taken from the winning side at a price better for the protocol than the
mark p. The vault, which bought the F contracts that failed on one side in this step, hands on as many as are taken:
never more than failed and were not handed on yet, whatever the ranking, the price and the residual. A contract closed
at x saves the protocol |p − x|; winner i with qᵢ contracts and equity eᵢ saves it

    gᵢ = min(|p − x|, eᵢ / |qᵢ|)                                                                  (1)

a contract, no more than its equity in all. The close price x is

- **bankruptcy**: the average price b at which the failed accounts were bankrupt, so that F contracts save what their
  accounts fell short of against the mark (BitMEX, dYdX v4). Winners are closed until the residual R is saved or F is
  reached; what F contracts do not save is not collected:

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

import numpy as np

from agents.account.account import touch
from agents.account.margin_tier import maintenance_rate
from agents.account.position import closed_of
from agents.core.books import Venue
from agents.core.kernel import inline, lean_kernel, lean_rule
from agents.core.ledger import SHORTFALL, TRADER, VAULT, WALLET, pay
from agents.core.random import uniform
from agents.core.rank import total
from model.backstop.loss_regime.allocation import QUEUE, allot
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered, note_marks
from model.backstop.loss_regime.failure import Failure, failure, hand_on
from model.backstop.loss_regime.haircut import note_loss
from model.backstop.loss_regime.room import Room, product_into
from model.backstop.loss_regime.score import RankingCode, Standing, score
from model.scenario.registry import CLOSE_PRICES

BANKRUPTCY, PREVIOUS = CLOSE_PRICES.index("bankruptcy"), CLOSE_PRICES.index("previous_mark")


@lean_kernel
def line_up_winners(
    venue: Venue, ranking: RankingCode, key: np.uint64, room: Room, listing: int, side: float, step: int
) -> int:
    """List the accounts opposite to `side` that may be closed, with score and standing; return how many there are.

    Parameters
    ----------
    venue : accounts and exchanges, read.
    ranking : whose score is written; it may spare nobody.
    key : of the lots.
    room : its lists `row`, `size`, `gain`, `equity` and `score` are written; size is in contracts, >= 0.
    listing : index.
    side : 1 where longs failed, -1 where shorts did, 0 for nobody.
    step : present step, for lots.
    """
    accounts, slots, count = venue.accounts, room.size.shape[0], 0
    mark, index = venue.exchange.mark[listing], venue.exchange.funding_index[listing]
    first = venue.exchange.maintenance[listing]
    for row in range(listing * slots, (listing + 1) * slots):
        size = accounts.size[row]
        if not size * side < 0.0:
            continue
        owed = index - accounts.entry_funding[row]
        gain = size * (mark - accounts.entry_price[row] - owed)
        equity = accounts.collateral[row] + gain
        if equity > 0.0 if ranking.spares_nobody else gain > 0.0:
            lot = uniform(key, step, row) if ranking.draws else 0.0
            maintenance = maintenance_rate(first, abs(size) * mark, venue.tiers)
            s = Standing(size, accounts.entry_price[row] + owed, mark, equity, maintenance, lot)
            room.row[count], room.size[count] = row, abs(size)
            room.gain[count], room.equity[count] = size * (mark - s.entry), equity
            room.score[count] = score(ranking.score, s)
            count += 1
    return count


@inline
def bound_by_money(ranking: RankingCode, room: Room, count: int, gap: float) -> None:
    """Write what a contract saves, (1), into the list `gap`, and the most each can save, USD, into `limit`.

    Parameters
    ----------
    ranking : whether principal is protected.
    room : winners are read, `gap` and `limit` are written.
    count : winners.
    gap : USD per contract >= 0, by which the price is worse than the mark.
    """
    for at in range(count):
        room.gap[at] = min(gap, room.equity[at] / room.size[at])
        room.limit[at] = room.size[at] * room.gap[at]
        if ranking.protects_principal:
            room.limit[at] = min(room.limit[at], room.gain[at])


@inline
def take_by_money(room: Room, count: int) -> float:
    """Write the contracts that save what is `given`, USD, into the list `taken`; return their sum."""
    for at in range(count):
        whole = room.given[at] >= room.size[at] * room.gap[at]
        room.taken[at] = room.size[at] if whole else room.given[at] / room.gap[at]
    return total(room.taken, 0, count)


@inline
def bound_by_contracts(ranking: RankingCode, room: Room, count: int, by_price: bool) -> None:
    """Turn the limits of :func:`bound_by_money` into contracts, and weights, where they are asked by price, as well.

    Parameters
    ----------
    ranking : who comes first, or in what proportion all give.
    room : its lists `limit` and `score` are written.
    count : winners.
    by_price : whether something is saved by price.
    """
    for at in range(count):
        gap = room.gap[at]
        whole = room.limit[at] >= room.size[at] * gap
        room.limit[at] = room.size[at] if whole else room.limit[at] / gap
        if by_price and ranking.way != QUEUE:
            room.score[at] /= gap


@inline
def take_the_least(room: Room, count: int) -> None:
    """Keep in the list `taken` the lesser of it and what is `given` of each."""
    for at in range(count):
        room.taken[at] = min(room.taken[at], room.given[at])


@inline
def gap_of(
    venue: Venue, memory: Remembered, terms: RegimeTerms, listing: int, side: float, failed: Failure, residual: float
) -> float:
    """Return what a contract closed on the other side of `side` saves, USD; below zero where nothing is closed.

    Parameters
    ----------
    venue : exchanges are read.
    memory : marks of the step before.
    terms : the price at which is closed.
    listing : index.
    side : 1 where longs failed, -1 where shorts did.
    failed : what failed on that side.
    residual : USD >= 0, loss still to be collected.
    """
    mark = venue.exchange.mark[listing]
    if not failed.contracts > 0.0:
        gap = -1.0
    elif terms.close_price == BANKRUPTCY:
        gap = side * (failed.price - mark)
        gap = gap if gap > 0.0 and residual > 0.0 else -1.0
    elif terms.close_price == PREVIOUS:
        gap = max(side * (memory.price[listing] - mark), 0.0)
    else:
        gap = 0.0
    return gap


@lean_rule
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


@lean_kernel
def close(
    venue: Venue, listing: int, rows: np.ndarray, contracts: np.ndarray, gaps: np.ndarray, reaction: float
) -> None:
    """Close `contracts` of each of `rows` against the vault, `gaps` USD a contract worse than at mark, which is saved.

    Columns are taken out of their tables before the loop, where taking them is dear.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
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
    mark, funding = exchange.mark[listing], exchange.funding_index[listing]
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
    exchange.vault_size[listing] -= bought
    pay(venue.book, TRADER, VAULT, listing, bought * (mark - funding))
    pay(venue.book, TRADER, SHORTFALL, listing, saved)
    pay(venue.book, TRADER, WALLET, listing, returned)


@lean_kernel
def deleverage(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Close winners against failed longs, then against failed shorts; return what was saved.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : marks of the step before, where they are the price.
    terms : constants.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    step : present step, for lots.
    """
    saved, ranking, by_price = 0.0, terms.ranking, terms.close_price == BANKRUPTCY
    for side in (1.0, -1.0):
        failed, left = failure(venue, listing, side), max(residual - saved, 0.0)
        gap = gap_of(venue, memory, terms, listing, side, failed, left)
        if gap < 0.0:
            continue
        count = line_up_winners(venue, ranking, terms.key, room, listing, side, step)
        bound_by_money(ranking, room, count, gap)
        for at in range(count):
            room.taken[at] = np.inf
        for by_money in (True, False):
            if by_money and by_price:
                allot(ranking.way, room.score, room.limit, count, left, room)
                if take_by_money(room, count) <= failed.contracts:
                    break
            elif not by_money:
                bound_by_contracts(ranking, room, count, by_price)
                allot(ranking.way, room.score, room.limit, count, failed.contracts, room)
                take_the_least(room, count)
        close(venue, listing, room.row[:count], room.taken, room.gap, terms.reaction)
        hand_on(venue, listing, side, total(room.taken, 0, count))
        product_into(room.given, room.taken, room.gap, count)
        saved += total(room.given, 0, count)
    return saved


class AutoDeleveraging(CompiledRegime):
    """Winners are closed against what failed, by a ranking, at the price of ``terms.close_price``."""

    take, settle = deleverage, note_marks
    remembers = ("price",)

    @property
    def period(self) -> int:
        """Every step where the mark of the step before is the price."""
        return int(self.terms.close_price == "previous_mark")
