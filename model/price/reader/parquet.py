"""Price files in Parquet: what its own description says is checked before anything is read.

Rows and unpacked bytes of the columns that are read are known beforehand, and bounded: some hundred kilobytes may hold
fifteen million rows. Text is kept as a dictionary until its length is known, as one long text may stand for many rows.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from model.price.reader.heading import TIMES, chosen, plain
from model.price.reader.problem import Limits, refusal, require

_LONGEST_TEXT = 64  # characters of a number or time
Columns = dict[str, pa.ChunkedArray]


def read_parquet(file: Path, found: Path | bytes, limits: Limits, volume: bool) -> Columns:
    """Return the columns that are read, the time first; raises PriceFileError, ArrowException or OSError.

    Parameters
    ----------
    file : where it lies, for messages.
    found : path or contents.
    limits : most of everything that is read.
    volume : whether a column of volumes is read.
    """
    with _opened(found) as stored:
        schema = stored.schema_arrow
        require(file, len(schema), limits.columns, "columns")
        places = chosen(file, [plain(name) for name in schema.names], volume)
        for name, column in places.items():
            _require_kind(file, name, schema.field(column).type)
        names = {name: schema.names[column] for name, column in places.items()}
        _require_size(file, stored.metadata, limits, set(names.values()))
    texts = [names[name] for name in names if _is_text(schema.field(places[name]).type)]
    with _opened(found, texts) as stored:
        table = stored.read(columns=list(names.values()), use_threads=False)
    return {name: _plain(file, name, table[stored_name]) for name, stored_name in names.items()}


def _opened(found: Path | bytes, texts: list[str] | None = None) -> pa.parquet.ParquetFile:
    source = pa.BufferReader(found) if isinstance(found, bytes) else str(found)
    return pyarrow.parquet.ParquetFile(source, read_dictionary=texts)


def _require_size(file: Path, metadata: pa.parquet.FileMetaData, limits: Limits, names: set[str]) -> None:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    require(file, max(metadata.num_rows, sum(group.num_rows for group in groups)), limits.rows, "rows")
    columns = [group.column(index) for group in groups for index in range(group.num_columns)]
    read = [column for column in columns if column.path_in_schema in names]
    require(file, sum(column.total_uncompressed_size for column in read), limits.size, "bytes of prices")


def _value(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(_value(kind)) for test in tests)


def _require_kind(file: Path, name: str, kind: pa.DataType) -> None:
    value, types = _value(kind), pa.types
    number = types.is_integer(value) or types.is_floating(value) or types.is_decimal(value) or types.is_null(value)
    moment = name in TIMES and (types.is_timestamp(value) or types.is_date(value))
    if not (number or moment or _is_text(kind)):
        needed = "times, numbers or text" if name in TIMES else "numbers or text"
        raise refusal(file, f"{name}: a column of {str(kind)[:80]}: {needed} are needed")


def _plain(file: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionary, text as such; raises PriceFileError where a text is too long."""
    if pa.types.is_dictionary(column.type):
        chunks = column.chunks if _is_text(column.type) else []
        longest = [pc.max(pc.binary_length(chunk.dictionary)).as_py() or 0 for chunk in chunks]
        if max(longest, default=0) > _LONGEST_TEXT:
            raise refusal(file, f"{name}: text of {max(longest):,} characters: numbers and times are shorter")
        column = column.cast(column.type.value_type)
    return column.cast(pa.string()) if _is_text(column.type) else column
