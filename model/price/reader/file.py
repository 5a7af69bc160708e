"""Recorded prices: one file, one asset, one bar (open, high, low, close) to a row.

Read are text (:mod:`model.price.reader.text`) and Parquet (:mod:`model.price.reader.parquet`) with a heading in any
case and order, whose time stands in a column ``open_time``, ``timestamp``, ``date``, ``datetime`` or ``time``; and an
exchange's 12-column klines without a heading. A file is refused as a whole, with every problem named, when a bar is
missing, repeated, out of order or impossible: a gap silently closed is a crash silently invented. Only a file that
runs from the newest bar to the oldest is turned round. A bar whose high is far from its body is possible, and so kept.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.price.reader.check import Checker
from model.price.reader.heading import KLINE, PRICES, TIMES, VOLUME
from model.price.reader.number import NumberError, prices, volumes
from model.price.reader.parquet import read_parquet
from model.price.reader.problem import Limits, PriceFileError, refusal
from model.price.reader.source import PARQUET, content, head, require_known, text, whole
from model.price.reader.text import read_text
from model.price.reader.time import times
from model.scenario.asset_name import stem

__all__ = ["KLINE", "PRICES", "TIMES", "Limits", "PriceFileError", "PriceSeries", "read_prices", "read_volume"]
Floats = NDArray[np.float64]
Columns = dict[str, pa.ChunkedArray]
USUAL = Limits()
# What the readers of damaged files raise; all of it is told as one line.
_DAMAGE = (
    *(pa.ArrowException, OSError, EOFError, ValueError, OverflowError),
    *(MemoryError, KeyError, IndexError, TypeError),
)


class PriceSeries(NamedTuple):
    """Bars of one asset, in order of time, without gaps; every array is (B,)."""

    name: str
    time: NDArray[np.int64]  # opening of the bar, milliseconds since 1970, UTC
    open: Floats  # USD, positive
    high: Floats  # USD, not below open and close
    low: Floats  # USD, not above open and close
    close: Floats  # USD, positive


def read_prices(path: str | Path, limits: Limits = USUAL) -> PriceSeries:
    """Read and check the price file at `path`.

    Parameters
    ----------
    path : a file in text or Parquet, or one of them in gzip or zip.
    limits : the most that is read.

    Raises
    ------
    PriceFileError : with a line for every problem, naming file, field, row and time, value and what is
    allowed.
    """
    return _read(Path(path), limits, volume=False)[0]


def read_volume(path: str | Path) -> Floats | None:
    """Return the volume of the bars that :func:`read_prices` gives, (B,), zero where unreadable; None if not kept."""
    return _read(Path(path), USUAL, volume=True)[1]


def _read(file: Path, limits: Limits, volume: bool) -> tuple[PriceSeries, Floats | None]:
    try:
        _require_file(file)
        columns = _columns(file, limits, volume)
        return _checked(file, columns)
    except PriceFileError:
        raise
    except NumberError as error:
        raise refusal(file, str(error)) from None
    except _DAMAGE as error:
        told = (str(error) or type(error).__name__).splitlines()[0]
        raise refusal(file, f"unreadable: {told}: CSV or Parquet is needed") from error


def _require_file(file: Path) -> None:
    if not file.is_file():
        kind = ": it is a folder" if file.is_dir() else ""
        raise refusal(file, f"no such file{kind}: a CSV or Parquet file of prices is needed")


def _columns(file: Path, limits: Limits, volume: bool) -> Columns:
    found = content(file, limits)
    start = head(found)
    if start.startswith(PARQUET):
        return read_parquet(file, found, limits, volume)
    require_known(file, start)
    return read_text(file, text(file, whole(file, found, limits)), limits, volume)


def _checked(file: Path, columns: Columns) -> tuple[PriceSeries, Floats | None]:
    time_name = next(iter(columns))
    count = len(columns[time_name])
    if count < 2:
        raise refusal(file, f"{count} rows: at least two are needed")
    time = times(columns[time_name])
    found = prices({name: columns[name] for name in PRICES})
    order = _order(time.milliseconds)
    checker = Checker(file, time.milliseconds[order], lambda name, row: _cell(columns[name][row]), order, time.faults)
    problems = list(checker.problems(time_name, {name: price[order] for name, price in found.items()}))
    if problems:
        raise PriceFileError(problems)
    arrays = (time.milliseconds.astype(np.int64), *found.values())
    series = PriceSeries(stem(file), *(_frozen(array[order]) for array in arrays))
    return series, np.nan_to_num(volumes(columns[VOLUME]))[order] if VOLUME in columns else None


def _cell(value: pa.Scalar) -> object:
    """Return what stands in a cell; as Arrow writes it, where Python has no such date."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return str(value.cast(pa.int64()))


def _order(time: Floats) -> NDArray[np.int64]:
    """Return the rows in order of time, where they run one way or the other; else as they stand."""
    rows = np.arange(len(time))
    step = np.diff(time)
    return rows[::-1] if (step <= 0.0).all() and (step < 0.0).any() else rows


def _frozen(array: NDArray) -> NDArray:
    frozen = np.ascontiguousarray(array)
    frozen.setflags(write=False)
    return frozen
