"""A sweep's folder as the explore view reads it: every arrangement a cell, every other swept field a column.

Runs of two cells are paired where all other fields and the replication agree. Such a world has a number of its own,
which stands in the column ``replication``.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from experiments.plan.problem import FAILED, SweepError
from experiments.results.sweep.folder import read_manifest
from experiments.results.sweep.query import connect, explained
from experiments.results.sweep.rows import FINISHED
from experiments.results.sweep.table import REGIME, STRUCTURE

BOOKKEEPING = ["run", "id", "point", "status", "failure"]


def swept_runs(folder: Path) -> pa.Table:
    """Return cell, replication, swept fields and metrics of every finished run; raises SweepError."""
    with explained(folder), connect(folder) as connection:
        sql = f"SELECT * FROM results WHERE status = '{FINISHED}' ORDER BY point, replication"
        found = connection.execute(sql).df()
    if found.empty:
        raise SweepError(f"{folder}: no run has finished", FAILED)
    fields = [name for name in read_manifest(folder)["fields"] if name in found]
    arranged = [name for name in (STRUCTURE, REGIME) if name in fields and found[name].nunique() > 1]
    world = [*(name for name in fields if name not in (STRUCTURE, REGIME)), "replication"]
    found.insert(0, "cell", cells(found, arranged))
    found["replication"] = found.groupby(world, sort=True, dropna=False).ngroup()
    left_out = [*BOOKKEEPING, STRUCTURE, REGIME]
    return pa.Table.from_pandas(found.drop(columns=left_out, errors="ignore"), preserve_index=False)


def cells(found: pd.DataFrame, arranged: list[str]) -> pd.Series:
    """Return the name of each run's cell: the swept fields of its arrangement, or one name where none was swept."""
    if not arranged:
        return pd.Series("all runs", index=found.index)
    return found[arranged].astype(str).agg(" · ".join, axis=1)
