"""Questions to a sweep's parts, in SQL, by DuckDB.

Four tables: ``runs``, a row per run that is done; ``series``, a row per run and step; ``plan``, a row per planned run
with the fields it changes; ``results``, the rows of ``plan`` that are done with their metrics beside them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from experiments.sweep.folder import PLAN, read_manifest
from experiments.sweep.problem import FAILED, SweepError
from experiments.sweep.store import Store

TABLES = ("plan", "runs", "series")
ORDER = {"plan": "run", "runs": "run", "series": "run, step"}


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection in which the tables of a sweep's folder are views.

    Raises
    ------
    SweepError
        If it is no sweep's folder, or nothing is done yet.
    """
    read_manifest(folder)
    store = Store(folder)
    runs = store.committed()
    if not runs:
        raise SweepError(f"{folder}: no run is done yet", FAILED)
    connection = duckdb.connect()
    with explained(folder):
        _view(connection, "plan", [folder / PLAN])
        _view(connection, "runs", runs)
        series = list(store.series_parts())
        if series:
            _view(connection, "series", series)
        connection.execute(
            "CREATE VIEW results AS SELECT * FROM plan JOIN (SELECT * EXCLUDE (id, point, replication) FROM runs) "
            "USING (run)"
        )
    return connection


def ask(folder: Path, sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return names and rows of what `sql` selects; raises SweepError with DuckDB's first words where it cannot."""
    with explained(folder), connect(folder) as connection:
        answer = connection.execute(sql)
        return tuple(column[0] for column in answer.description or ()), answer.fetchall()


def export(folder: Path, out: Path) -> list[Path]:
    """Write every table as CSV into `out`, rows in the order of the plan; return the files."""
    with explained(folder), connect(folder) as connection:
        out.mkdir(parents=True, exist_ok=True)
        there = {
            row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
        return [_copy(connection, table, out) for table in TABLES if table in there]


class explained:  # noqa: N801
    """Context that turns DuckDB's errors into one line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
            advice = "starting the sweep again moves an unreadable part aside and does its runs again"
            raise SweepError(f"{self._folder}: {_first_line(error)}; {advice}", FAILED) from error
        if isinstance(error, duckdb.Error):
            raise SweepError(f"query: {_first_line(error)}") from error
        if isinstance(error, OSError):
            raise SweepError(f"{self._folder}: {error}", FAILED) from error


def _view(connection: duckdb.DuckDBPyConnection, name: str, parts: Sequence[Path]) -> None:
    names = ", ".join(_quoted(str(part)) for part in parts)
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{names}], union_by_name = true)")


def _copy(connection: duckdb.DuckDBPyConnection, table: str, out: Path) -> Path:
    path = out / f"{table}.csv"
    beside = out / f".{table}.csv"
    connection.execute(
        f"COPY (SELECT * FROM {table} ORDER BY {ORDER[table]}) TO {_quoted(str(beside))} (FORMAT csv, HEADER)"
    )
    beside.replace(path)
    return path


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]
