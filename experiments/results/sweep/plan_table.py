"""The plan as a table: a row per run with its identity, its point, its replication and the fields it changes.

A field is a column of numbers or truth values where all its values are, else of text; `changes` holds all of a run's
changes as JSON, from which it can be run again.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.plan.identity import as_text, code_version, run_id
from experiments.plan.plan import Plan, Task

BATCH = 1 << 14  # rows written at once
KINDS = (({bool}, pa.bool_()), ({int}, pa.int64()), ({int, float}, pa.float64()))


def write_plan(path: Path | pa.BufferOutputStream, plan: Plan, identities: Sequence[str]) -> None:
    """Write the plan as a table, a batch of rows at a time.

    Parameters
    ----------
    path : the file, or what takes its bytes.
    plan : the plan.
    identities : a digest of each point's scenario.
    """
    schema = _schema(plan)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, plan.runs, BATCH):
            tasks = [plan.task(run) for run in range(start, min(start + BATCH, plan.runs))]
            writer.write_table(_table(tasks, identities, schema))


def _table(tasks: list[Task], identities: Sequence[str], schema: pa.Schema) -> pa.Table:
    code = code_version()
    columns: dict[str, Any] = {
        "run": [task.run for task in tasks],
        "id": [run_id(identities[task.point], task.replication, code) for task in tasks],
        "point": [task.point for task in tasks],
        "replication": [task.replication for task in tasks],
        "changes": [as_text(task.changes) for task in tasks],
    }
    for field in list(schema)[len(columns) :]:
        values = [task.changes.get(field.name) for task in tasks]
        columns[field.name] = values if field.type != pa.string() else [_word(value) for value in values]
    return pa.table(columns, schema=schema)


def _schema(plan: Plan) -> pa.Schema:
    key = {"run": pa.int64(), "id": pa.string(), "point": pa.int32(), "replication": pa.int32()}
    kinds = dict(_kinds(plan))
    return pa.schema({**key, "changes": pa.string(), **kinds})


def _kinds(plan: Plan) -> Iterator[tuple[str, pa.DataType]]:
    """Numbers and truth values as such, anything else as text."""
    found: dict[str, set[type]] = {name: set() for name in plan.fields}
    for index in range(len(plan.design)):
        for name, value in plan.design[index].items():
            found[name].add(type(value))
    for name, types in found.items():
        yield name, next((column for known, column in KINDS if types <= known), pa.string())


def _word(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else as_text(value)
