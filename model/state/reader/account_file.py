"""Accounts from a file: a row is a position of one owner at one listing, with its margin.

===============  =============================================================================================
``owner``        text, or a whole number
``venue``        protocol, by name or by number from 1; may be left out where there is one
``instrument``   asset of one of its listings, or the listing's number from 1; may be left out where it has one
``size``         contracts, short < 0
``entry``        USD per contract; nothing: the first price
``collateral``   USD; nothing: none, at cross margin, where the owner's other rows may hold it
``margin``       ``isolated`` or ``cross``; nothing: isolated
``wallet``       USD outside the exchange; nothing: drawn
``leverage``     what the owner is willing to take; nothing: what the account has
``strategy``     name of a strategy; nothing: drawn
===============  =============================================================================================

Only owner, size and collateral are needed. A file is refused as a whole, with every problem named; a size of nothing or
an owner with two rows at one listing is a problem, a position without equity is not, as a book may hold one. Rows may
stand in any order: what is read is in order of listing and owner.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agents.trader.strategy import STRATEGIES
from model.price.reader.number import NumberError
from model.price.reader.problem import PriceFileError
from model.scenario.bound import EXACT
from model.scenario.problem import suggestion
from model.state.reader.cell import NONE, Numbers, is_blank, numbers, place_in, ranks, words
from model.state.reader.position import Listings, Positions
from model.state.reader.problem import AccountFileError, Checker, refusal
from model.state.reader.table import COLLATERAL, Columns, read_columns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NUMBERS = ("size", "entry", COLLATERAL, "wallet", "leverage")
MARGINS = ("isolated", "cross")
FARTHEST = 1e4
"""Greatest factor between entry and first price: further off the rest of the money is lost in the last bits of it."""
FEW = 8  # names that a line lists
_DAMAGE = (pa.ArrowException, OSError, EOFError, OverflowError, MemoryError)


def read_accounts(path: str | Path, listings: Listings) -> Positions:
    """Read and check the file of accounts at `path`.

    Raises
    ------
    AccountFileError : with a line for every problem, naming file, column, row, value and what is allowed.
    """
    file = Path(path)
    try:
        if not file.is_file():
            raise refusal(file, "no such file: a CSV or Parquet file of accounts is needed")
        return _Reader(file, read_columns(file), listings).positions()
    except PriceFileError as error:
        raise AccountFileError(error.problems) from None
    except NumberError as error:
        raise refusal(file, str(error)) from None
    except _DAMAGE as error:
        told = (str(error) or type(error).__name__).splitlines()[0]
        raise refusal(file, f"unreadable: {told}: CSV or Parquet is needed") from error


class _Reader:
    """Reads the columns of one file."""

    def __init__(self, file: Path, columns: Columns, listings: Listings) -> None:
        self.columns, self.listings = columns, listings
        self.rows = len(columns["size"])
        if not self.rows:
            raise refusal(file, "no rows: an account at least is needed")
        self.words = {name: words(column) for name, column in columns.items() if name not in NUMBERS}
        self.check = Checker(file, lambda name, row: columns[name][row].as_py() if name in columns else "")

    def positions(self) -> Positions:
        """Return all rows; raises AccountFileError where any is wrong."""
        read = numbers({name: self.columns[name] for name in NUMBERS if name in self.columns})
        listing, cross = self._listing(), self._word("margin", MARGINS) == MARGINS.index("cross")
        self.check.note("owner", is_blank(self.words["owner"]), "a name or a whole number is needed")
        price = np.array(self.listings.price)[np.maximum(listing, 0)]
        size = self._size(read["size"], price)
        entry = self._entry(read.get("entry", self._nothing()), price)
        collateral = self._money(COLLATERAL, read[COLLATERAL], cross)
        collateral[np.isnan(collateral)] = 0.0
        wallet = self._money("wallet", read.get("wallet", self._nothing()))
        leverage = self._leverage(read.get("leverage", self._nothing()))
        strategy = self._word("strategy", tuple(STRATEGIES))
        owner = ranks(self.words["owner"])
        order = np.lexsort((owner, listing))
        self._note_twice(owner, listing, order)
        self.check.stop()
        found = (listing, owner, size, entry, collateral, wallet, leverage, strategy, cross, np.arange(self.rows))
        return Positions(*(_frozen(column[order]) for column in found))

    def _nothing(self) -> Numbers:
        return Numbers(np.full(self.rows, np.nan), np.ones(self.rows, bool))

    def _size(self, read: Numbers, price: Floats) -> Floats:
        self.check.note("size", ~np.isfinite(read.value), "contracts, below 0 for a short, are needed")
        self.check.note("size", read.value == 0.0, "a position that is not 0 is needed")
        large = np.isfinite(read.value) & (np.abs(read.value) * price > EXACT)
        self.check.note("size", large, f"at most {EXACT:g} USD at the first price is allowed")
        return read.value

    def _entry(self, read: Numbers, price: Floats) -> Floats:
        self.check.note(
            "entry", ~read.blank & ~((read.value > 0.0) & np.isfinite(read.value)),
            "USD per contract above 0 is needed, or nothing for the first price",
        )  # fmt: skip
        entry = np.where(read.blank, price, read.value)
        far = (entry > 0.0) & np.isfinite(entry) & ((entry > FARTHEST * price) | (entry * FARTHEST < price))
        self.check.note("entry", far, f"a price within {FARTHEST:g} times the first one is allowed; is it in USD?")
        return entry

    def _money(self, name: str, read: Numbers, optional: Flags | None = None) -> Floats:
        """Return amounts; those that are blank, allowed in `optional` rows, all unless given, as NaN."""
        lacking = read.blank if optional is None else read.blank & optional
        good = lacking | ((read.value >= 0.0) & (read.value <= EXACT))
        self.check.note(name, ~good, f"USD from 0 to {EXACT:g} are needed")
        return np.where(lacking, np.nan, read.value)

    def _leverage(self, read: Numbers) -> Floats:
        good = read.blank | ((read.value > 0.0) & np.isfinite(read.value))
        self.check.note("leverage", ~good, "a number above 0 is needed, or nothing for that of the account")
        return read.value

    def _word(self, name: str, known: tuple[str, ...]) -> Integers:
        """Return which of the known words stands in each row; -1 where there is none."""
        if name not in self.words:
            return np.full(self.rows, NONE)
        found = place_in(self.words[name], known)
        self.check.note(name, (found == NONE) & ~is_blank(self.words[name]), f"allowed: {', '.join(known)}")
        return found

    def _listing(self) -> Integers:
        """Return each row's listing, -1 where it is unknown."""
        venue = self._venue()
        grid, known = _grid(self.listings)
        single, blank = np.array(self.listings.counts) == 1, np.ones(self.rows, bool)
        asset = np.full(self.rows, NONE)
        if "instrument" in self.words:
            blank, asset = is_blank(self.words["instrument"]), place_in(self.words["instrument"], known)
        first = np.cumsum((0, *self.listings.counts[:-1]))
        found = np.where(blank, np.where(single[venue], first[venue], NONE), grid[venue, asset])
        found[~blank & (asset == NONE)] = NONE
        told = (venue != NONE) & (found == NONE)
        needed = (
            f"one of the venue's listings is needed: {_few(_listed(self.listings))}{self._near('instrument', told)}"
        )
        self.check.note("instrument", told, needed)
        several = (venue != NONE) & (found == SEVERAL)
        self.check.note("instrument", several, "listed several times: the listing's number, from 1, is needed")
        return np.where(venue == NONE, NONE, found)

    def _venue(self) -> Integers:
        """Return each row's protocol, -1 where it is unknown."""
        names = self.listings.names
        if "venue" not in self.words:
            unknown = np.full(self.rows, len(names) > 1)
            self.check.note("venue", unknown, f"allowed: {_few(names)}, or a number from 1")
            return np.where(unknown, NONE, 0)
        known = (*names, *(str(number) for number in range(1, len(names) + 1)))
        found = place_in(self.words["venue"], known)
        unknown = found == NONE
        if len(names) == 1:
            unknown &= ~is_blank(self.words["venue"])
        allowed = f"allowed: {_few(names)}, or a number from 1 to {len(names)}"
        self.check.note("venue", unknown, f"unknown venue{self._near('venue', unknown)}; {allowed}")
        return np.where(unknown, NONE, np.maximum(found, 0) % len(names))

    def _near(self, name: str, bad: Flags) -> str:
        """Return what may have been meant by the first word that is wrong."""
        if not bad.any() or name not in self.words:
            return ""
        known = self.listings.names if name == "venue" else self.listings.assets
        return suggestion(str(self.words[name][int(np.argmax(bad))].as_py()), known)

    def _note_twice(self, owner: Integers, listing: Integers, order: Integers) -> None:
        same = (np.diff(owner[order]) == 0) & (np.diff(listing[order]) == 0) & (listing[order][1:] != NONE)
        bad = np.zeros(self.rows, bool)
        bad[order[1:][same]] = True
        bad &= ~is_blank(self.words["owner"])
        self.check.note("owner", bad, "a second row at one listing: one is allowed; add them up")


SEVERAL = -2


def _grid(listings: Listings) -> tuple[Integers, tuple[str, ...]]:
    """Return listings by protocol and known word, -1 for none, -2 for several, and the words: assets, then numbers."""
    known = (*listings.assets, *(str(number) for number in range(1, max(listings.counts) + 1)))
    grid, at = np.full((len(listings.names), len(known)), NONE), 0
    for protocol, count in enumerate(listings.counts):
        for number in range(count):
            asset = listings.asset[at]
            grid[protocol, asset] = at if grid[protocol, asset] == NONE else SEVERAL
            grid[protocol, len(listings.assets) + number] = at
            at += 1
    return grid, known


def _listed(listings: Listings) -> tuple[str, ...]:
    return tuple(dict.fromkeys(listings.assets[asset] for asset in listings.asset))


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:FEW]) + (", ..." if len(names) > FEW else "")


def _frozen(column: NDArray) -> NDArray:
    column.setflags(write=False)
    return column
