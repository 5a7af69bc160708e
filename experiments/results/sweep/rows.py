"""Runs as the bytes of Parquet parts: ``runs`` a row each, ``series`` a row per run and step.

``runs`` begins with the run's number, its identity, point, replication, status and, where it failed, the traceback;
one float64 column a metric follows, null where a run has none. ``series`` begins with the run and the step; float32
columns follow. Numbers come back bit for bit. Pages carry checksums, and a ``runs`` part knows size and digest of
its ``series`` part, so that what is torn or rotten is noticed.
"""

import itertools
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.results.column import known_numbers, numbers, texts
from experiments.results.run import Run

FINISHED, FAILED = "finished", "failed"
SERIES_SIZE, SERIES_DIGEST = b"series_bytes", b"series_sha256"


class Made(NamedTuple):
    """A run that came to an end: its number in the plan, its identity and its point."""

    number: int
    identity: str
    point: int
    run: Run


def runs_part(made: Sequence[Made], series: bytes) -> bytes:
    """Return the part with a row for every run.

    Parameters
    ----------
    made : the runs.
    series : the series part that belongs to it, empty for none.
    """
    key = {
        "run": numbers([item.number for item in made], np.int64),
        "id": texts([item.identity for item in made]),
        "point": numbers([item.point for item in made], np.int32),
        "replication": numbers([item.run.replication for item in made], np.int32),
        "status": texts([FINISHED if item.run.failure is None else FAILED for item in made]),
        "failure": texts([item.run.failure for item in made]),
    }
    columns = metric_columns([item.run.summary for item in made])
    metrics = {name: column for name, column in columns.items() if name not in key}
    return encoded(pa.table(key | metrics).replace_schema_metadata(about_series(series)))


def about_series(series: bytes) -> dict[bytes, str]:
    """Return what a ``runs`` part says of its ``series`` part."""
    return {SERIES_SIZE: str(len(series)), SERIES_DIGEST: sha256(series).hexdigest()}


def metric_columns(summaries: Sequence[Mapping[str, float]]) -> dict[str, pa.Array]:
    """Return a column for every metric of the runs' `summaries`, null where a run has none."""
    kinds = {tuple(summary): None for summary in summaries}
    if len(kinds) == 1:
        values = np.array([list(summary.values()) for summary in summaries], np.float64).T
        return {name: numbers(column, np.float64) for name, column in zip(summaries[0], values, strict=True)}
    names = dict.fromkeys(name for kind in kinds for name in kind)
    return {name: known_numbers([summary.get(name) for summary in summaries]) for name in names}


def series_part(made: Sequence[Made]) -> bytes:
    """Return the part with the steps of every run; no bytes where no run has any."""
    having = [item for item in made if item.run.series]
    alike = itertools.groupby(having, key=lambda item: tuple(item.run.series))
    tables = [_steps(list(items), names) for names, items in alike]
    return encoded(pa.concat_tables(tables, promote_options="permissive")) if tables else b""


def _steps(made: Sequence[Made], names: Sequence[str]) -> pa.Table:
    lengths = [len(item.run.series[names[0]]) for item in made]
    columns = {
        "run": numbers(np.repeat([item.number for item in made], lengths), np.int64),
        "step": numbers(np.concatenate([np.arange(length) for length in lengths]), np.int32),
    }
    block = np.concatenate([np.array(list(item.run.series.values()), np.float32) for item in made], axis=1)
    columns |= {name: numbers(row, np.float32) for name, row in zip(names, block, strict=True)}
    return pa.table(columns)


def encoded(table: pa.Table) -> bytes:
    """Return the bytes of a part."""
    # Bytes of equal rank next to each other compress floats that change slowly.
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [field.name for field in table.schema if field.name not in floats]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", use_dictionary=others, use_byte_stream_split=floats or False,
        write_page_checksum=True,
    )  # fmt: skip
    return sink.getvalue().to_pybytes()
