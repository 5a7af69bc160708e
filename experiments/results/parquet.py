"""Tables on disk: Parquet files ``part-*.parquet``, by name in the order of the study.

Every row begins with its key: the arrangement, its structure and regime (dictionary-encoded text) and the
replication (int32). ``runs`` adds one float64 column per metric; ``series`` adds the step (int32, 0 to T - 1)
and one float32 column per series. A metric that a run does not have is null.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.results.column import numbers, texts

if TYPE_CHECKING:
    from experiments.results.run import Run


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
        return pq.ParquetFile(file).read(wanted)  # pq.read_table imports pandas


def _names(part: Path) -> list[str]:
    with part.open("rb") as file:
        return list(pq.read_schema(file).names)


def column_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the columns in any part of `folder`; none where there is no such folder."""
    parts = sorted(folder.glob("part-*.parquet"))
    return tuple(dict.fromkeys(name for part in parts for name in _names(part)))


def series_table(run: "Run") -> pa.Table:
    """Return the T rows of `run` in ``series``."""
    steps = len(next(iter(run.series.values())))
    columns = {name: numbers(values, np.float32) for name, values in run.series.items()}
    return pa.table({**_key(run, steps), "step": numbers(np.arange(steps), np.int32), **columns})


def _key(run: "Run", rows: int) -> dict[str, Any]:
    zeros = numbers(np.zeros(rows), np.int32)
    names = {"cell": run.arrangement, "structure": run.structure, "regime": run.regime}
    coded = {name: pa.DictionaryArray.from_arrays(zeros, texts([text])) for name, text in names.items()}
    return {**coded, "replication": numbers(np.full(rows, run.replication), np.int32)}
