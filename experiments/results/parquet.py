"""Tables on disk: Parquet files ``part-00000.parquet`` and on, rows in the order they were added.

Every row begins with its key: the cell, its structure and regime (dictionary-encoded text) and the
replication (int32). ``runs`` adds one float64 column per metric; ``series`` adds the step (int32, 0 to T - 1)
and one float32 column per series. A metric that a run does not have is null.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from experiments.results.run import Run

# Rows gathered before they are written: one row group of some tens of megabytes.
ROW_GROUP = 1 << 18
# Rows after which a new part is begun.
PART = 1 << 23


class Parts:
    """The parts of one table in the making.

    Parameters
    ----------
    folder : made here; it must not exist.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._names = (folder / f"part-{number:05}.parquet" for number in itertools.count())
        self._held: list[pa.Table] = []
        self._rows = 0
        self._written = 0
        self._writer: Any = None
        self._file: Any = None

    def add(self, table: pa.Table) -> None:
        """Append `table`; it is written once enough rows have gathered."""
        self._held.append(table)
        self._rows += table.num_rows
        if self._rows >= ROW_GROUP:
            self._write()

    def close(self) -> None:
        """Write what is held and close the part; a later row begins the next one."""
        if self._held:
            self._write()
        self._end_part()

    def _write(self) -> None:
        table = pa.concat_tables(self._held, promote_options="permissive").unify_dictionaries()
        self._held, self._rows = [], 0
        if self._writer is None or not self._writer.schema.equals(table.schema):
            self._end_part()
            # Opened here, since pyarrow knows no path that is not UTF-8.
            self._file = next(self._names).open("wb")
            self._writer = _writer(self._file, table.schema)
        self._writer.write_table(table)
        self._written += table.num_rows
        if self._written >= PART:
            self._end_part()

    def _end_part(self) -> None:
        if self._writer is not None:
            with self._file:
                self._writer.close()
        self._writer, self._written = None, 0


def read_table(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read all parts in `folder`, or only the named `columns` of them."""
    wanted = None if columns is None else list(columns)
    tables = [_read(part, wanted) for part in sorted(folder.glob("part-*.parquet"))]
    return pa.concat_tables(tables, promote_options="permissive")


def write_alone(table: pa.Table, path: Path) -> None:
    """Write `table` as the file at `path`."""
    with path.open("wb") as file:
        pq.write_table(table, file)


def _read(part: Path, wanted: list[str] | None) -> pa.Table:
    with part.open("rb") as file:
        return pq.read_table(file, columns=wanted)


def _names(part: Path) -> list[str]:
    with part.open("rb") as file:
        return list(pq.read_schema(file).names)


def column_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the columns in any part of `folder`; none where there is no such folder."""
    parts = sorted(folder.glob("part-*.parquet"))
    return tuple(dict.fromkeys(name for part in parts for name in _names(part)))


def run_table(run: "Run") -> pa.Table:
    """Return the one row of `run` in ``runs``."""
    metrics = {name: pa.array([value], pa.float64()) for name, value in run.summary.items()}
    return pa.table({**_key(run, 1), **metrics})


def series_table(run: "Run") -> pa.Table:
    """Return the T rows of `run` in ``series``."""
    steps = len(next(iter(run.series.values())))
    columns = {name: pa.array(values, pa.float32()) for name, values in run.series.items()}
    return pa.table({**_key(run, steps), "step": np.arange(steps, dtype=np.int32), **columns})


def _key(run: "Run", rows: int) -> dict[str, Any]:
    zeros = np.zeros(rows, dtype=np.int32)
    texts = {"cell": run.cell, "structure": run.structure, "regime": run.regime}
    coded = {name: pa.DictionaryArray.from_arrays(zeros, [text]) for name, text in texts.items()}
    return {**coded, "replication": np.full(rows, run.replication, dtype=np.int32)}


def _writer(file: IO[bytes], schema: pa.Schema) -> pq.ParquetWriter:
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    keys = [field.name for field in schema if field.name not in floats]
    # Bytes of equal rank next to each other compress floats that change slowly.
    return pq.ParquetWriter(
        file, schema, compression="zstd", use_dictionary=keys, use_byte_stream_split=floats or False
    )
