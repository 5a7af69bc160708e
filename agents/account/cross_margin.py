"""Cross margin: the positions of one owner at the listings of one protocol stand behind each other.

An owner has the same slot at every listing of a protocol. With eᵢ the equity of position i and Mᵢ its maintenance
margin, by tiers (:mod:`agents.account.margin_tier`), a cross account has

    E = Σ eᵢ,    M = Σ Mᵢ,    and is liquidated where E < M                                    (1)

Margin lies with the positions, as in isolated accounts, and moves between them when one of them is called, so that all
have the same part of what they need,

    eᵢ = Mᵢ E / M                                                                            (2)

While eᵢ ≥ Mᵢ everywhere, (1) holds by adding up. So only a position below its own maintenance margin is a reason to
look at its account, blocks of rows are skipped as those of isolated accounts are, and a cross account costs a calm step
what its positions cost. A position gives out of its collateral first, then out of its unrealised profit, which it
realises by moving its entry price: what (1) counts, profit included, can stand behind a loss elsewhere.

Where E < M positions are closed one after the other, in an order of the venue's (``control.closing_order``): the
largest notional first, or the largest loss, or as listed. What is left of a closed position stays in the account while
it has others; what a close lacks the others pay as far as their equity goes, and only what exceeds E is a loss below
bankruptcy. Isolated accounts with the same positions have the same E and M together, but each is liquidated by itself:
cross margin closes later, and may lose more when it does.

Reference: OKX, Bybit and Binance, multi-position cross margin. Units: USD, contracts.
"""

import numpy as np

from agents.account.account import equity_of, maintenance_of, touch
from agents.core.kernel import inline, rule
from agents.core.ledger import TRADER, Book
from agents.core.table import Accounts, Blocks, Exchanges, Tiers

LARGEST, WORST, LISTED = range(3)  # as in model.scenario.section.control.CLOSING_ORDERS


@rule
def span(exchange: Exchanges, i: int) -> tuple[int, int]:
    """Return the first listing of the protocol that runs listing `i`, and the one after its last."""
    first = last = i
    for _ in range(i):
        if exchange.protocol[first - 1] != exchange.protocol[i]:
            break
        first -= 1
    for _ in range(i, exchange.shape[0]):
        if last == exchange.shape[0] or exchange.protocol[last] != exchange.protocol[i]:
            break
        last += 1
    return first, last


@rule
def account_margin(accounts: Accounts, exchange: Exchanges, tiers: Tiers, i: int, slot: int) -> tuple[float, float]:
    """Return equity and maintenance margin (1) of a cross account, USD.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    tiers : the schedule of margins.
    i : one of its protocol's listings.
    slot : of the owner, the same at all of them.
    """
    slots, own, needed = accounts.size.shape[0] // exchange.shape[0], 0.0, 0.0
    first, last = span(exchange, i)
    for j in range(first, last):
        row = j * slots + slot
        mark = exchange.mark[j]
        if abs(accounts.size[row]) * mark > 0.0:
            own += equity_of(accounts, row, mark, exchange.funding_index[j])
            needed += maintenance_of(accounts, row, mark, exchange.maintenance[j], tiers)
    return own, needed


@rule
def share_of(accounts: Accounts, exchange: Exchanges, tiers: Tiers, row: int, i: int) -> tuple[float, float]:
    """Return a position's share (2) of the equity of its cross account, and its maintenance margin, USD.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    tiers : the schedule of margins.
    row : of an open position.
    i : its listing.
    """
    slot = row - i * (accounts.size.shape[0] // exchange.shape[0])
    own, needed = account_margin(accounts, exchange, tiers, i, slot)
    part = maintenance_of(accounts, row, exchange.mark[i], exchange.maintenance[i], tiers)
    return own * (part / needed), part


@rule
def is_short(
    accounts: Accounts, exchange: Exchanges, tiers: Tiers, row: int, i: int, multiple: float
) -> bool:  # fmt: skip
    """Tell whether the account of a position has less than a `multiple` of its maintenance margin.

    Of an isolated position that is known already: True.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    tiers : the schedule of margins.
    row : of a position that has less by itself.
    i : its listing.
    multiple : 1, > 0.
    """
    if accounts.cross[row] == 0:
        return True
    slot = row - i * (accounts.size.shape[0] // exchange.shape[0])
    own, needed = account_margin(accounts, exchange, tiers, i, slot)
    return own < multiple * needed


@rule
def move_margin(accounts: Accounts, blocks: Blocks, book: Book, row: int, i: int, amount: float) -> None:
    """Add margin to a position (negative: take it away, from collateral first, then from profit, now realised).

    Parameters
    ----------
    accounts, blocks, book : tables of the run; the position and its listing's balance of traders are written.
    row : the position's row.
    i : its listing.
    amount : USD, either sign.
    """
    taken = max(-amount, 0.0)
    collateral = min(taken, accounts.collateral[row])
    accounts.collateral[row] += max(amount, 0.0) - collateral
    if taken > collateral:
        accounts.entry_price[row] += (taken - collateral) / accounts.size[row]
        accounts.realised[row] += taken - collateral
    book.balance[TRADER, i] += amount
    touch(accounts, blocks, row)


@rule
def share_margin(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, tiers: Tiers, i: int, slot: int
) -> None:
    """Divide the equity of a cross account among its positions by (2); nothing enters or leaves it.

    Parameters
    ----------
    accounts, blocks, book : tables of the run; positions and balances of traders are written.
    exchange : read.
    tiers : the schedule of margins.
    i : one of its protocol's listings.
    slot : of the owner.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    own, needed = account_margin(accounts, exchange, tiers, i, slot)
    first, last = span(exchange, i)
    moved, at = 0.0, -1
    for j in range(first, last):
        row = j * slots + slot
        notional = abs(accounts.size[row]) * exchange.mark[j]
        if notional > 0.0:
            if at >= 0:  # all but the last, which takes the rest, to the last bit
                moved += move_to(
                    accounts=accounts, blocks=blocks, exchange=exchange, book=book, tiers=tiers, row=at * slots + slot,
                    i=at, ratio=own / needed,
                )  # fmt: skip
            at = j
    if at >= 0:
        move_margin(accounts, blocks, book, at * slots + slot, at, -moved)


@rule
def move_to(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, tiers: Tiers, row: int, i: int, ratio: float
) -> float:  # fmt: skip
    """Give a position `ratio` times its maintenance margin; return what that took, USD, either sign.

    Parameters
    ----------
    accounts, blocks, book : tables of the run, written.
    exchange : read.
    tiers : the schedule of margins.
    row : the position's row.
    i : its listing.
    ratio : E / M, either sign.
    """
    needed = maintenance_of(accounts, row, exchange.mark[i], exchange.maintenance[i], tiers)
    amount = needed * ratio - equity_of(accounts, row, exchange.mark[i], exchange.funding_index[i])
    move_margin(accounts, blocks, book, row, i, amount)
    return amount


@rule
def draw_from_others(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, row: int, i: int, wanted: float
) -> float:
    """Take money for a position that is closed from the owner's other positions; return how much, USD.

    Parameters
    ----------
    accounts, blocks, book : tables of the run, written; what is taken is in the balance of traders of listing `i`.
    exchange : read.
    row : the position's row; nothing is taken where its margin is isolated.
    i : its listing.
    wanted : USD; nothing is taken where it is not above zero.
    """
    found = 0.0
    if accounts.cross[row] != 0 and wanted > 0.0:
        slots = accounts.size.shape[0] // exchange.shape[0]
        first, last = span(exchange, i)
        for j in range(first, last):
            other = row + (j - i) * slots
            if j != i and accounts.size[other] != 0.0:
                own = equity_of(accounts, other, exchange.mark[j], exchange.funding_index[j])
                given = min(wanted - found, max(own, 0.0))
                move_margin(accounts, blocks, book, other, j, -given)
                found += given
    book.balance[TRADER, i] += found
    return found


@rule
def keep_for_others(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, row: int, i: int, rest: float
) -> float:
    """Leave what a closed position has over with the owner's next open position; return what is not left there, USD.

    Parameters
    ----------
    accounts, blocks, book : tables of the run, written.
    exchange : read.
    row : the closed position's row; nothing is left anywhere where its margin is isolated.
    i : its listing, in whose balance of traders the rest is.
    rest : USD >= 0.
    """
    if accounts.cross[row] == 0 or not rest > 0.0:
        return rest
    slots = accounts.size.shape[0] // exchange.shape[0]
    first, last = span(exchange, i)
    for j in range(first, last):
        other = row + (j - i) * slots
        if j != i and accounts.size[other] != 0.0:
            book.balance[TRADER, i] -= rest
            move_margin(accounts, blocks, book, other, j, rest)
            return 0.0
    return rest


@rule
def next_to_close(accounts: Accounts, exchange: Exchanges, order: int, i: int, slot: int) -> int:
    """Return the listing at which an account's next position is closed, the first of equals; -1 where it has none.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    order : LARGEST notional, WORST unrealised loss, or as LISTED.
    i : one of its protocol's listings.
    slot : of the owner.
    """
    slots, chosen, most = accounts.size.shape[0] // exchange.shape[0], -1, -np.inf
    first, last = span(exchange, i)
    for j in range(first, last):
        row = j * slots + slot
        size, mark = accounts.size[row], exchange.mark[j]
        if size != 0.0:
            score = 0.0
            if order == LARGEST:
                score = abs(size) * mark
            elif order == WORST:
                score = size * (accounts.entry_price[row] - mark)
            if score > most:
                chosen, most = j, score
    return chosen


@inline
def share_all(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, tiers: Tiers, flagged: np.ndarray, found: int
) -> bool:
    """Divide the margin of every cross account that has a flagged position; return whether there was one.

    Parameters
    ----------
    accounts, blocks, book : tables of the run, written.
    exchange : read.
    tiers : the schedule of margins.
    flagged : rows below their own maintenance margin, the first `found` of them.
    found : how many there are.
    """
    shared, slots = False, accounts.size.shape[0] // exchange.shape[0]
    for at in range(found):
        row = flagged[at]
        if accounts.cross[row] != 0:
            share_margin(accounts, blocks, exchange, book, tiers, i=row // slots, slot=row % slots)
            shared = True
    return shared


@inline
def one_of_each(accounts: Accounts, exchange: Exchanges, order: int, flagged: np.ndarray, found: int) -> int:
    """Leave of every cross account only the position to be closed next; return how many rows are left, in order.

    Parameters
    ----------
    accounts, exchange : tables of the run, read.
    order : in which a venue closes positions.
    flagged : rows below maintenance margin, the first `found` of them; those left are moved to its start.
    found : how many there are.
    """
    left, slots = 0, accounts.size.shape[0] // exchange.shape[0]
    for at in range(found):
        row = flagged[at]
        i = row // slots
        if accounts.cross[row] == 0 or next_to_close(accounts, exchange, order, i, row - i * slots) == i:
            flagged[left] = row
            left += 1
    return left
