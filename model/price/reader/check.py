"""Faults of a table of bars: one line for every kind of fault, with its count and its first row.

A line reads *file: field: row and time: value: what is allowed*. Rows count from 1, the heading apart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.price.reader.moment import Fault
from model.price.reader.problem import further

Floats = NDArray[np.float64]
_ROUNDING = 1e-6
_MINUTE = 60_000.0
_LONGEST = 80


def moment(milliseconds: float) -> str:
    """Return a time as text, UTC."""
    return str(np.datetime64(int(milliseconds), "ms"))[:16] if np.isfinite(milliseconds) else "no time"


class Checker:
    """Finds the faults of one file's bars."""

    def __init__(
        self,
        file: Path,
        time: Floats,
        cell: Callable[[str, int], object],
        order: NDArray[np.int64],
        faults: Sequence[Fault] = (),
    ) -> None:
        """Take the name of the file, the times (B,), and what stands in a field's row of the file, counted from 0.

        `order` names the file's row of each bar, (B,); `faults` are those of the times, row by row of the file.
        """
        self.file = file
        self.time = time
        self.cell = cell
        self.order = order
        self.faults = faults

    def problems(self, time_name: str, prices: Mapping[str, Floats]) -> Iterator[str]:
        """Yield a line for every kind of fault; `prices` holds open, high, low and close, each (B,)."""
        for name, price in prices.items():
            yield from self._line(name, ~np.isfinite(price), "a number is needed")
            yield from self._line(name, price <= 0.0, "a price above 0 is needed")
        yield from self._outside(prices)
        yield from self._disorder(time_name)

    def _line(self, field: str, bad: NDArray[np.bool_], allowed: str) -> Iterator[str]:
        rows = np.flatnonzero(bad)
        if rows.size:
            at = rows[0]
            row = int(self.order[at])
            where = f"row {row + 1} ({moment(self.time[at])})"
            yield f"{self.file}: {field}: {where}: {_shown(self.cell(field, row))}: {allowed}{further(rows.size)}"

    def _outside(self, prices: Mapping[str, Floats]) -> Iterator[str]:
        start, high, low, close = (prices[name] for name in ("open", "high", "low", "close"))
        slack = _ROUNDING * np.abs(high)
        below = high < np.maximum(start, close) - slack
        above = low > np.minimum(start, close) + slack
        yield from self._line("high", high < low - slack, "no less than low is allowed")
        yield from self._line("high", below & (high >= low - slack), "no less than open and close is allowed")
        yield from self._line("low", above & (high >= low - slack), "no more than open and close is allowed")

    def _disorder(self, name: str) -> Iterator[str]:
        if self.faults:
            for fault in self.faults:
                yield from self._line(name, fault.rows[self.order], fault.needed)
            return
        step = np.diff(self.time, prepend=self.time[0] - 1.0)
        yield from self._line(name, step == 0.0, "duplicated time; every time once is allowed")
        yield from self._line(name, step < 0.0, "unsorted time; times must increase")
        if (step > 0.0).all():
            yield from self._gaps(name, step[1:])

    def _gaps(self, name: str, step: Floats) -> Iterator[str]:
        lengths, counts = np.unique(step, return_counts=True)
        usual = lengths[np.argmax(counts)]
        rows = np.flatnonzero(step != usual)
        if rows.size:
            after, found = rows[0], step[rows[0]] / _MINUTE
            where = f"row {self.order[after + 1] + 1} ({moment(self.time[after + 1])})"
            allowed = f"a step of {usual / _MINUTE:g} min after every row is needed{further(rows.size)}"
            yield f"{self.file}: {name}: {where}: gap of {found:g} min: {allowed}"


def _shown(value: object) -> str:
    """Return what stands in a cell, on one line and cut where it is long."""
    text = " ".join(str("nothing" if value in ("", None) else value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
