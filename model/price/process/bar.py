"""Bars of several assets side by side, each relative to the close before it.

Files are cut to the span of time they share. With *C* the close before a bar, the bar is kept as
``log(open / C), log(high / C), log(low / C), log(close / C)``: bars in any order then chain to a path,
which is what a bootstrap needs, and in their own order to the record itself.

A wick is the part of a bar beyond its body (open to close). One longer than ``price.longest_wick`` is a
single misprint and is cut to the body.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.price.reader.file import PriceFileError, PriceSeries, read_prices
from model.scenario.problem import ScenarioError

_MINUTE = 60_000


class Bars(NamedTuple):
    """Aligned bars: B bars of K assets."""

    time: NDArray[np.int64]  # (B,) opening, milliseconds since 1970, UTC
    minutes: float  # length of a bar
    before: NDArray[np.float64]  # (K,) USD, price before the first bar: its open
    relative: NDArray[np.float64]  # (4, B, K) log open, high, low, close over the close before

    def since(self, milliseconds: int) -> "Bars":
        """Return the bars that open at or after `milliseconds`; ScenarioError if there are none."""
        first = int(np.searchsorted(self.time, milliseconds))
        if first == len(self.time):
            end = np.datetime64(int(self.time[-1]), "ms")
            raise ScenarioError(
                [f"price.start: {np.datetime64(milliseconds, 'ms')}: at most {end}, the last bar, is allowed"]
            )
        before = self.before * np.exp(
            self.relative[3, :first].sum(axis=0) + (self.relative[0, first] if first else 0.0)
        )
        rest = self.relative[:, first:].copy()
        rest[:, 0] -= rest[0, 0]
        rest.setflags(write=False)
        return Bars(self.time[first:], self.minutes, before, rest)


def read_bars(files: tuple[str, ...], longest_wick: float, start: int | None = None) -> Bars:
    """Read one file per asset, align them, and cut what opens before `start`, in milliseconds since 1970.

    Raises
    ------
    PriceFileError : with every problem of every file, or when the files share no common time.
    ScenarioError : when the last bar opens before `start`.
    """
    return _read_bars(files, tuple(_stamp(Path(file)) for file in files), longest_wick, start)


def _stamp(file: Path) -> tuple[int, int]:
    """Return what changes when the file does, so that every replication need not read it again."""
    status = file.stat() if file.exists() else None
    return (status.st_mtime_ns, status.st_size) if status else (0, 0)


@lru_cache(maxsize=4)
def _read_bars(
    files: tuple[str, ...], _stamps: tuple[tuple[int, int], ...], longest_wick: float, start: int | None
) -> Bars:
    series, problems = [], []
    for file in files:
        try:
            series.append(read_prices(file))
        except PriceFileError as error:
            problems += error.problems
    problems += _misfits(files, series) if not problems else []
    if problems:
        raise PriceFileError(problems)
    bars = _aligned(series, longest_wick)
    return bars if start is None else bars.since(start)


def _length(series: PriceSeries) -> int:
    return int(series.time[1] - series.time[0])


def _misfits(files: tuple[str, ...], series: list[PriceSeries]) -> list[str]:
    first, problems = series[0], []
    for file, other in zip(files[1:], series[1:], strict=True):
        if _length(other) != _length(first) or (other.time[0] - first.time[0]) % _length(first):
            allowed = f"{_length(first) / _MINUTE:g} min and the same grid, as in {files[0]}, are allowed"
            problems.append(f"{file}: time: bars of {_length(other) / _MINUTE:g} min: {allowed}")
    start, end = _span(series)
    if not problems and end - start < _length(first):
        shared = f"{np.datetime64(start, 'ms')} to {np.datetime64(end, 'ms')}"
        problems.append(f"{', '.join(files)}: time: {shared}: a span common to all files is needed")
    return problems


def _span(series: list[PriceSeries]) -> tuple[int, int]:
    return max(int(one.time[0]) for one in series), min(int(one.time[-1]) for one in series)


def _aligned(series: list[PriceSeries], longest_wick: float) -> Bars:
    start, end = _span(series)
    rows = [slice(*np.searchsorted(one.time, (start, end + 1))) for one in series]
    prices = np.array([[column[part] for column in one[2:]] for one, part in zip(series, rows, strict=True)])
    logs = _trimmed(np.log(prices.transpose(1, 2, 0)), longest_wick)
    before = np.concatenate([logs[0, :1], logs[3, :-1]])
    relative = logs - before
    relative.setflags(write=False)
    return Bars(series[0].time[rows[0]], _length(series[0]) / _MINUTE, np.exp(logs[0, 0]), relative)


def _trimmed(logs: NDArray[np.float64], longest: float) -> NDArray[np.float64]:
    """Return the (4, B, K) log bars with wicks beyond `longest` cut to the body."""
    top, bottom = np.maximum(logs[0], logs[3]), np.minimum(logs[0], logs[3])
    high = np.where(logs[1] - top > longest, top, np.maximum(logs[1], top))
    low = np.where(bottom - logs[2] > longest, bottom, np.minimum(logs[2], bottom))
    return np.stack([logs[0], high, low, logs[3]])
