"""The finished runs of a sweep as a table: a row per run with the fields of its point and the metrics asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from experiments.plan.problem import FAILED, SweepError
from experiments.results.sweep.query import connect, explained, identifier
from experiments.results.sweep.rows import FINISHED

if TYPE_CHECKING:
    from model.scenario import Scenario

STRUCTURE, REGIME = "backstop.structure", "backstop.regime"


def run_table(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return point, replication and `columns` of every finished run, ordered by point and replication.

    Parameters
    ----------
    folder : a sweep's.
    columns : names of swept fields or metrics.

    Raises
    ------
    SweepError
        If there is no such column, or no finished run.
    """
    with explained(folder), connect(folder) as connection:
        names = ", ".join(map(identifier, dict.fromkeys(["point", "replication", *columns])))
        sql = f"SELECT {names} FROM results WHERE status = '{FINISHED}' ORDER BY point, replication"
        found = connection.execute(sql).df()
    if found.empty:
        raise SweepError(f"{folder}: no run has finished", FAILED)
    return found


def paired(table: pd.DataFrame, by: Sequence[str], across: str, metric: str) -> pd.DataFrame:
    """Return `metric` with a row per (`by`, replication) and a column per value of `across`, common rows only.

    Parameters
    ----------
    table : a row per run, with columns for `by`, ``replication``, `across` and `metric`.
    by : columns that tell the points apart.
    across : column whose values are compared.
    metric : column of the values, in its own unit.
    """
    wide = table.pivot_table(index=[*by, "replication"], columns=across, values=metric, aggfunc="first", sort=True)
    return wide.dropna()


def treasury_per_capital(base: "Scenario", point: dict[str, Any], capital: float) -> float:
    """Return total treasury at the start over total backstop `capital`, USD, in the scenario of a point."""
    from model.state.initial import treasuries  # noqa: PLC0415

    return float(treasuries(base.replace(point)).sum()) / capital if capital > 0 else float("nan")
