r"""The accounts of a file in the world of a scenario: where each has its slot, and the open interest they make.

A file says what is otherwise drawn or given: how many accounts each listing has, and its one-sided open interest

    O_i = p_i max(L_i, S_i)                                                                      (1)

with first price p and contracts L long, S short. What longs and shorts differ by the vault takes on, at the first
price; at a listing without a vault they must be equal, as an order book is. :func:`settled` puts both into the
scenario, so that all that is sized by open interest (funds, treasuries, vaults, depth) is sized by the file's. Open
interest or numbers of traders that the scenario gives as well must agree; their defaults give way.

Owners with cross margin have one slot at all listings of their protocol. All its owners have, where that takes no more
room and nobody's positions are partly isolated; otherwise isolated positions stand behind, listing by listing. Slots
are in order of owners, so that nothing depends on the order of the rows.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.account.margin_tier import maintenance_rate, make_tiers
from agents.core.column import bare
from agents.core.kernel import kernel
from agents.core.table import Tiers
from agents.exchange.exchange import Exchange
from model.price.process.path import process_named
from model.price.segment import asset_of, market_of
from model.price.streams import Streams
from model.scenario import Scenario, ScenarioError
from model.scenario.check.joint import ROUNDING
from model.scenario.extent import asset_names, listing_counts, listing_interest, listing_traders
from model.state import initial
from model.state.reader.position import Listings, Positions
from model.state.reader.problem import AccountFileError

Array = np.ndarray
MILLION = 1e-6


class Book(NamedTuple):
    """The accounts of a file with their slots."""

    positions: Positions
    slot: Array  # (rows,) of each position, from 0 at its listing
    protocol: Array  # (rows,) of each position
    number: tuple[int, ...]  # (listings,) slots that are taken
    long: Array  # (listings,) contracts
    short: Array  # (listings,) contracts
    price: Array  # (listings,) USD per contract, first price

    @property
    def interest(self) -> Array:
        """One-sided open interest (1) of each listing, (listings,) USD."""
        return self.price * np.maximum(self.long, self.short)

    @property
    def uneven(self) -> Array:
        """Which listings have more contracts on one side than rounding explains, (listings,)."""
        return np.abs(self.long - self.short) > ROUNDING * np.maximum(self.long, self.short)


def listings_of(scenario: Scenario) -> Listings:
    """Return where a scenario's accounts may be, with first prices."""
    names, protocol = asset_names(scenario), scenario.protocol
    asset = asset_of(scenario, len(names))
    # no process knows the length of the run, or draws, before it has its first prices
    path = process_named(scenario.price.process).draw(
        scenario.model_copy(update={"steps": 1}), Streams(scenario.seed, 0)
    )
    price = tuple(path.initial_price[asset].tolist())
    return Listings(protocol.names("protocol_"), listing_counts(scenario), names, tuple(asset.tolist()), price)


def book_of(scenario: Scenario) -> Book:
    """Return the accounts of the scenario's file, read once while it is the same.

    Raises
    ------
    model.state.reader.problem.AccountFileError : with every problem of the file.
    """
    file = Path(scenario.trader.accounts)
    status = file.stat() if file.exists() else None
    return _book(str(file), (status.st_mtime_ns, status.st_size) if status else (0, 0), listings_of(scenario))


@lru_cache(maxsize=2)
def _book(file: str, _stamp: tuple[int, int], listings: Listings) -> Book:
    from model.state.reader.account_file import read_accounts  # noqa: PLC0415  # slow to import, and for files alone

    found, count, price = read_accounts(file, listings), len(listings.asset), np.array(listings.price)
    long = np.bincount(found.listing, found.size.clip(0.0), count)
    short = np.bincount(found.listing, -found.size.clip(None, 0.0), count)
    _refuse_empty(file, listings, price * np.maximum(long, short))
    protocol = np.repeat(np.arange(len(listings.counts)), listings.counts)[found.listing]
    slot, number = slots_of(found, listings.counts)
    return Book(found, slot, protocol, number, long, short, price)


def _refuse_empty(file: str, listings: Listings, interest: Array) -> None:
    """Raise AccountFileError where a listing has no open interest, (listings,) USD, by which all is sized."""
    lacking = np.flatnonzero(interest < 1.0).tolist()
    if lacking:
        told = ", ".join(_called(listings, i) for i in lacking[:8]) + (", ..." if len(lacking) > 8 else "")
        allowed = "a dollar of open interest is needed at each listing: leave these out by protocol.number, listings"
        raise AccountFileError([f"{file}: no accounts at {told}: {allowed} or asset"])


def _called(listings: Listings, i: int) -> str:
    """Return what a listing is called."""
    protocol = int(np.searchsorted(np.cumsum(listings.counts), i, side="right"))
    return f"{listings.names[protocol]} {listings.assets[listings.asset[i]]}"


def slots_of(found: Positions, counts: tuple[int, ...]) -> tuple[Array, tuple[int, ...]]:
    """Return each position's slot, (rows,), and how many each listing has taken, (listings,).

    Parameters
    ----------
    found : positions in order of listing and owner.
    counts : (protocols,) listings of each.
    """
    slot, number = np.empty(len(found.listing), np.int64), np.empty(sum(counts), np.int64)
    ends = np.cumsum(counts)
    edges = np.searchsorted(found.listing, np.append(0, ends))
    for p, count in enumerate(counts):
        rows, first = slice(edges[p], edges[p + 1]), ends[p] - count
        own = found.owner[rows], found.listing[rows] - first, found.cross[rows] & (count > 1)
        slot[rows], number[first : ends[p]] = _slots(*own, count)
    return slot, tuple(number.tolist())


def _slots(owner: Array, listing: Array, cross: Array, count: int) -> tuple[Array, Array]:
    """Return the slots of one protocol's positions, and how many each of its `count` listings has taken.

    Parameters
    ----------
    owner, listing, cross : (rows,) of each position, in order of listing and owner.
    count : its listings.
    """
    everyone, sharing = np.unique(owner), np.unique(owner[cross])
    room = len(sharing) + np.bincount(listing[~cross], minlength=count).max()
    mixed = np.isin(owner[~cross], sharing).any()
    together = cross
    if len(everyone) <= room and not mixed:
        sharing, together = everyone, np.ones(len(owner), bool)
    slot = np.searchsorted(sharing, owner)
    alone = np.bincount(listing[~together], minlength=count)
    before = np.repeat(np.cumsum(alone) - alone, alone)
    slot[~together] = len(sharing) + np.arange(alone.sum()) - before
    return slot, len(sharing) + alone


def settled(scenario: Scenario) -> Scenario:
    """Return the scenario with open interest and number of traders as its file of accounts makes them.

    Without a file, and where it says both already, it is returned as it is.

    Raises
    ------
    ScenarioError : where it gives others, or where a listing without a vault is not balanced.
    model.state.reader.problem.AccountFileError : with every problem of the file.
    """
    if not scenario.trader.accounts:
        return scenario
    book = book_of(scenario)
    made = {"protocol.open_interest": tuple(book.interest.tolist()), "trader.number": book.number}
    held = {
        "protocol.open_interest": listing_interest(scenario),
        "trader.number": listing_traders(scenario),
    }
    changes = {name: value for name, value in made.items() if not np.allclose(held[name], value, ROUNDING, 0.0)}
    problems = [_disagreement(name, held[name], made[name], scenario) for name in changes if _is_given(scenario, name)]
    if problems:
        raise ScenarioError(problems)
    whole = scenario.replace(changes) if changes else scenario
    if lines := list(_unbalanced(whole, book)):
        raise ScenarioError(lines)
    return whole


def _is_given(scenario: Scenario, name: str) -> bool:
    section, field = name.split(".")
    values = getattr(scenario, section)
    return bool(getattr(values, field) != type(values).model_fields[field].default)


def _disagreement(name: str, held: tuple[float, ...], made: tuple[float, ...], scenario: Scenario) -> str:
    few = [" ".join(f"{value:,.0f}" for value in values[:3]) + " ..." * (len(values) > 3) for values in (held, made)]
    return (
        f"scenario: {name} {few[0]} and trader.accounts {scenario.trader.accounts} disagree: the file makes {few[1]}; "
        "allowed: one of the two, or the same by both"
    )


def _unbalanced(scenario: Scenario, book: Book) -> Iterator[str]:
    listings = listings_of(scenario)
    for i in np.flatnonzero(book.uneven & (initial.vaults(scenario) == 0.0)).tolist():
        yield (
            f"{scenario.trader.accounts}: size: {_called(listings, i)}: longs {book.long[i]:,.10g} and shorts "
            f"{book.short[i]:,.10g} contracts: at a listing without a vault they must be equal"
        )


def equity_and_notional(book: Book) -> tuple[Array, Array]:
    """Return equity and notional at the first price of the account behind each position, (rows,) USD.

    Positions that share their margin are one account, others one each.
    """
    found, price = book.positions, book.price[book.positions.listing]
    notional = np.abs(found.size) * price
    own = found.collateral + found.size * (price - found.entry)
    return _by_account(book, own), _by_account(book, notional)


def _by_account(book: Book, value: Array) -> Array:
    """Return the sum of `value`, (rows,), over the account behind each position."""
    found = book.positions
    shared = np.flatnonzero(found.cross)
    key = book.protocol[shared] * (found.owner.max() + 1) + found.owner[shared]
    _, account = np.unique(key, return_inverse=True)
    total = value.copy()
    total[shared] = np.bincount(account, value[shared], max(len(shared), 1))[account]
    return total


def maintenance_of(scenario: Scenario, book: Book) -> Array:
    """Return the maintenance margin at the first price of the account behind each position, (rows,) USD."""
    names = asset_names(scenario)
    exchange = Exchange.make_table(len(book.number))
    exchange.asset[:] = market_of(scenario, len(names))
    initial.set_margins(exchange, scenario, initial.asset_traits(scenario, names))
    listing, tiers = book.positions.listing, bare(make_tiers(*scenario.exchange.tiers))
    notional = np.abs(book.positions.size) * book.price[listing]
    first = exchange.maintenance[listing]
    rate = maintenance_rates(first, notional, tiers) if len(tiers) else first
    return _by_account(book, rate * notional)


@kernel
def maintenance_rates(first: Array, notional: Array, tiers: Tiers) -> Array:
    """Return maintenance margin over notional of each position, (rows,).

    Parameters
    ----------
    first : (rows,) 1, rate of the first tier.
    notional : (rows,) USD, > 0.
    tiers : the schedule of margins.
    """
    rates = first.copy()
    for row in range(first.shape[0]):
        rates[row] = maintenance_rate(first[row], notional[row], tiers)
    return rates


def account_notes(scenario: Scenario) -> list[str]:
    """Return what is worth knowing of a scenario's file of accounts; nothing without one, or where it is faulty."""
    if not scenario.trader.accounts:
        return []
    try:
        book = book_of(settled(scenario))
    except ValueError:
        return []
    return [*_taken_on(scenario, book), *_in_danger(scenario, book)]


def _taken_on(scenario: Scenario, book: Book) -> Iterator[str]:
    listings = listings_of(scenario)
    for i in np.flatnonzero(book.uneven).tolist():
        rest = book.long[i] - book.short[i]
        yield (
            f"trader.accounts: {_called(listings, i)}: longs {book.long[i]:,.10g}, shorts {book.short[i]:,.10g} "
            f"contracts: its vault is {'short' if rest > 0.0 else 'long'} the difference, "
            f"$M {abs(rest) * book.price[i] * MILLION:,.4g}"
        )


def _in_danger(scenario: Scenario, book: Book) -> Iterator[str]:
    own, _ = equity_and_notional(book)
    below = own < maintenance_of(scenario, book)
    if below.any():
        first = int(book.positions.row[below].min()) + 1
        yield (
            f"trader.accounts: {below.sum():,} of {len(below):,} positions are of accounts below maintenance margin at "
            f"the first price, {(own < 0.0).sum():,} of them bankrupt: liquidated from the first step on; "
            f"first row {first}"
        )
