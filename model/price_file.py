"""Recorded prices: one file, one asset, one bar (open, high, low, close) to a row.

Read are comma-separated files with a heading in any case and order, whose time is ISO text or a number of
seconds, milliseconds, microseconds or nanoseconds since 1970 in a column ``open_time``, ``timestamp``,
``date``, ``datetime`` or ``time``; an exchange's 12-column klines without a heading; and Parquet with the
same columns. A file is refused as a whole, with every problem named, when a bar is missing, out of order or
impossible: a gap silently closed is a crash silently invented. A bar whose high is far from its body is
possible, and so kept.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from model.price_check import Checker, further

PRICES = ("open", "high", "low", "close")
TIMES = ("open_time", "timestamp", "date", "datetime", "time")
KLINE = (
    *("open_time", *PRICES, "volume", "close_time", "quote_volume"),
    *("count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
_PER_MILLISECOND = ((1e11, 1e-3), (1e14, 1.0), (1e17, 1e3), (np.inf, 1e6))


class PriceSeries(NamedTuple):
    """Bars of one asset, in order of time, without gaps; every array is (B,)."""

    name: str
    time: NDArray[np.int64]  # opening of the bar, milliseconds since 1970, UTC
    open: NDArray[np.float64]  # USD, positive
    high: NDArray[np.float64]  # USD, not below open and close
    low: NDArray[np.float64]  # USD, not above open and close
    close: NDArray[np.float64]  # USD, positive


class PriceFileError(ValueError):
    """Price files that cannot be used; `problems` holds one line for each reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def read_prices(path: str | Path) -> PriceSeries:
    """Read and check the price file at `path`.

    Raises
    ------
    PriceFileError : with a line for every problem, naming file, field, row and time, value and what is
    allowed.
    """
    file = Path(path)
    return _checked(file, _table(file))


def read_volume(path: str | Path) -> NDArray[np.float64] | None:
    """Return the volume of the bars that :func:`read_prices` gives, (B,), nil where unreadable; None if not kept."""
    table = _table(Path(path))
    return np.nan_to_num(_numbers(table["volume"])) if "volume" in table.column_names else None


def _table(file: Path) -> pa.Table:
    if not file.is_file():
        raise PriceFileError([f"{file}: no such file: a CSV or Parquet file of prices is needed"])
    try:
        return _parquet(file) if _is_parquet(file) else _text(file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise PriceFileError([f"{file}: unreadable: {str(error).splitlines()[0]}: CSV or Parquet is needed"]) from error


def _is_parquet(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _parquet(file: Path) -> pa.Table:
    table = pyarrow.parquet.read_table(file)
    return table.rename_columns([name.strip().lower() for name in table.column_names])


def _text(file: Path) -> pa.Table:
    with file.open(encoding="utf-8-sig") as stream:
        first = stream.readline()
    heading = [name.strip().strip('"').lower() for name in first.split(",")]
    if not first.strip():
        raise PriceFileError([f"{file}: empty: a heading and at least two rows are needed"])
    headless = _is_number(heading[0])
    names = list(KLINE) if headless else heading
    if len(heading) != len(names) or len(set(names)) < len(names):
        raise PriceFileError([_wrong_columns(file, heading)])
    return _parsed(file, names, skip=0 if headless else 1)


def _parsed(file: Path, names: list[str], skip: int) -> pa.Table:
    broken: list[str] = []

    def refuse(row: pyarrow.csv.InvalidRow) -> str:
        broken.append(f"{file}: line {row.number}: {row.actual_columns} columns: {row.expected_columns} are needed")
        return "skip"

    table = pyarrow.csv.read_csv(
        file,
        pyarrow.csv.ReadOptions(use_threads=False, column_names=names, skip_rows=skip),
        pyarrow.csv.ParseOptions(invalid_row_handler=refuse),
        pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    if broken:
        raise PriceFileError([f"{broken[0]}{further(len(broken))}"])
    return table


def _checked(file: Path, table: pa.Table) -> PriceSeries:
    time_name = next((name for name in TIMES if name in table.column_names), None)
    if time_name is None or not set(PRICES) <= set(table.column_names):
        raise PriceFileError([_wrong_columns(file, table.column_names)])
    if table.num_rows < 2:
        raise PriceFileError([f"{file}: {table.num_rows} rows: at least two are needed"])
    time = _times(table[time_name])
    prices = {name: _numbers(table[name]) for name in PRICES}
    problems = list(Checker(file, time, lambda name, row: table[name][row].as_py()).problems(time_name, prices))
    if problems:
        raise PriceFileError(problems)
    return PriceSeries(file.stem, *(_frozen(array) for array in (time.astype(np.int64), *prices.values())))


def _wrong_columns(file: Path, found: list[str]) -> str:
    allowed = f"one of {', '.join(TIMES)} and all of {', '.join(PRICES)}, or {len(KLINE)} columns of klines"
    return f"{file}: columns: {', '.join(found)[:200]}: {allowed} are needed"


def _frozen(array: NDArray) -> NDArray:
    array.setflags(write=False)
    return array


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return the column as floats; what is no number becomes NaN."""
    try:
        cast = pc.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        cast = np.array([_number(text) for text in column.to_pylist()])
    return np.array(cast, dtype=np.float64)


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return np.nan


def _is_number(text: str) -> bool:
    return not np.isnan(_number(text))


def _times(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return milliseconds since 1970 (exact below 2**53); what is no time becomes NaN."""
    numeric = _is_number(str(column[0])) or _is_number(str(column[-1]))
    return _milliseconds(_numbers(column)) if numeric else _moments(column)


def _milliseconds(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.nanmax(np.abs(numbers))
    return numbers / next(divisor for limit, divisor in _PER_MILLISECOND if size < limit)


def _moments(column: pa.ChunkedArray) -> NDArray[np.float64]:
    try:
        moments = _as_milliseconds(column)
    except pa.ArrowInvalid:
        moments = pa.chunked_array([_as_milliseconds_or_null(value) for value in column.to_pylist()])
    return np.array(moments.cast(pa.float64(), safe=False).to_numpy())


def _as_milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ISO text or moments as int64 milliseconds; text with a zone is turned to UTC."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        zoned = pc.any(pc.match_substring_regex(column, r":\d\d(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)$")).as_py()
        column = pc.cast(column, pa.timestamp("ms", tz="UTC" if zoned else None))
    return column.cast(pa.timestamp("ms", tz=getattr(column.type, "tz", None)), safe=False).cast(pa.int64())


def _as_milliseconds_or_null(value: object) -> pa.Array:
    try:
        return _as_milliseconds(pa.chunked_array([[str(value)]])).combine_chunks()
    except pa.ArrowInvalid:
        return pa.array([None], pa.int64())
