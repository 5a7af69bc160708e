"""The columns of a file of accounts, in text or Parquet, in gzip or a zip of one file: as they stand there.

Columns are named by a heading, in any case and order; what parts those of a text is what the heading has most of. Every
cell of a text is read as text. Columns of other names are passed over.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from model.price.reader.heading import plain
from model.price.reader.problem import Limits
from model.price.reader.source import PARQUET, content, head, require_known, text, whole
from model.price.reader.text import DELIMITERS, Layout, label, leading, parsed, split_line
from model.state.reader.problem import AccountFileError, refusal

LIMITS = Limits()
COLLATERAL = "collateral"
NEEDED = ("owner", "size", COLLATERAL)
READ = ("owner", "venue", "instrument", "size", "entry", "margin", "wallet", "leverage", "strategy")
CURRENCIES = ("usd",)  # ``collateral`` is the first; with others a column each, ``collateral_<currency>``
Columns = dict[str, pa.ChunkedArray]


def read_columns(file: Path) -> Columns:
    """Return the columns that are read, by plain name, collateral in USD as ``collateral``.

    Raises
    ------
    AccountFileError, ArrowException, OSError : for columns that do not serve, and what is neither text nor Parquet.
    """
    found = content(file, LIMITS)
    start = head(found)
    if start.startswith(PARQUET):
        return _parquet(file, found)
    require_known(file, start)
    return _text(file, text(file, whole(file, found, LIMITS)))


def _text(file: Path, data: bytes) -> Columns:
    """Return the columns of a text, all as text."""
    lines = (entry for entry in leading(file, data) if entry[2].strip() and not entry[2].lstrip().startswith(b"#"))
    number, start, line = next(lines, (0, 0, b""))
    mark = max(DELIMITERS, key=lambda delimiter: len(split_line(line, delimiter)))
    names = split_line(line, mark)
    places = _places(file, names)
    _require_rows(file, data.count(b"\n") - 1)
    table = parsed(file, data[start + len(line) :], Layout(number, start, mark, names), [*places.values()])
    return {name: table[label(column)] for name, column in places.items()}


def _parquet(file: Path, found: Path | bytes) -> Columns:
    """Return the columns of a Parquet file, by their own types."""
    with pyarrow.parquet.ParquetFile(pa.BufferReader(found) if isinstance(found, bytes) else str(found)) as stored:
        schema = stored.schema_arrow
        places = _places(file, [plain(name) for name in schema.names])
        _require_rows(file, stored.metadata.num_rows)
        lines = [
            f"{file}: {name}: a column of {str(schema.field(column).type)[:80]}: text or numbers are needed"
            for name, column in places.items()
            if not _serves(schema.field(column).type)
        ]
        if lines:
            raise AccountFileError(lines)
        table = stored.read(columns=[schema.names[column] for column in places.values()], use_threads=False)
    return {name: _plain(table[schema.names[column]]) for name, column in places.items()}


def _serves(kind: pa.DataType) -> bool:
    value, types = kind.value_type if pa.types.is_dictionary(kind) else kind, pa.types
    number = types.is_integer(value) or types.is_floating(value) or types.is_decimal(value)
    return bool(number or types.is_string(value) or types.is_large_string(value) or types.is_null(value))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionary, its text of one type."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return column.cast(pa.string() if pa.types.is_large_string(kind) or pa.types.is_null(kind) else kind)


def _require_rows(file: Path, rows: int) -> None:
    if rows > LIMITS.rows:
        raise refusal(file, f"{rows:,} rows: at most {LIMITS.rows:,} are allowed")


def _places(file: Path, names: Sequence[str]) -> dict[str, int]:
    """Return where each column stands that is read; AccountFileError where they do not serve."""
    held = {name: _meaning(name) for name in names}
    other = [name for name in names if name.startswith(f"{COLLATERAL}_") and held[name] is None]
    allowed = ", ".join(currency.upper() for currency in CURRENCIES)
    lines = [f"{file}: {name}: currency not in this world; allowed: {allowed}" for name in other]
    meant = [held[name] for name in names]
    twice = dict.fromkeys(name for name in meant if name is not None and meant.count(name) > 1)
    lines += [f"{file}: {name}: two columns: one is allowed" for name in twice]
    lacking = [name for name in NEEDED if name not in meant]
    if lacking:
        told = ", ".join(names)[:200] or "none"
        lines.append(
            f"{file}: columns: {told}: {', '.join(lacking)} lacking; read are {', '.join((*READ, COLLATERAL))}"
        )
    if lines:
        raise AccountFileError(lines)
    return {name: column for column, name in enumerate(meant) if name is not None}


def _meaning(name: str) -> str | None:
    """Return what a plain column name stands for; None where it is not read."""
    if name == COLLATERAL or name.removeprefix(f"{COLLATERAL}_") in CURRENCIES:
        return COLLATERAL
    return name if name in READ else None
