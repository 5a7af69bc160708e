"""A sweep's folder as the explore view reads it: a name for every arrangement, a column for every other swept field.

Runs of two arrangements are paired where all other fields and the replication agree. Such a world has a number of its
own, which stands in the column ``replication``.
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
    """Return arrangement, replication, swept fields and metrics of every finished run; raises SweepError."""
    with explained(folder), connect(folder) as connection:
        sql = f"SELECT * FROM results WHERE status = '{FINISHED}' ORDER BY point, replication"
        runs = connection.execute(sql).df()
    if runs.empty:
        raise SweepError(f"{folder}: no run has finished", FAILED)
    fields = [name for name in read_manifest(folder)["fields"] if name in runs]
    arranged = [name for name in (STRUCTURE, REGIME) if name in fields and runs[name].nunique() > 1]
    world = [*(name for name in fields if name not in (STRUCTURE, REGIME)), "replication"]
    runs.insert(0, "cell", arrangements(runs, arranged))
    runs["replication"] = runs.groupby(world, sort=True, dropna=False).ngroup()
    left_out = [*BOOKKEEPING, STRUCTURE, REGIME]
    return pa.Table.from_pandas(runs.drop(columns=left_out, errors="ignore"), preserve_index=False)


def arrangements(runs: pd.DataFrame, arranged: list[str]) -> pd.Series:
    """Return what each run's arrangement is called: its swept fields, or one name where none was swept."""
    if not arranged:
        return pd.Series("all runs", index=runs.index)
    return runs[arranged].astype(str).agg(" · ".join, axis=1)
