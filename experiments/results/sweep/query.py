"""Questions to a sweep's parts, in SQL, by DuckDB.

Four tables: ``runs``, a row per run that is done; ``series``, a row per run and step; ``plan``, a row per planned run
with the fields it changes; ``results``, the rows of ``plan`` that are done with their metrics next to them. The folder
of another study has the first, and a comparison's the second too.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from experiments.plan.problem import FAILED, SweepError, require_utf8
from experiments.results.csv_text import PLAIN_NUMBER, RISKY, guarded
from experiments.results.sweep.manifest_file import kind, read_study
from experiments.results.sweep.rebuild import PLAN, damaged_plan
from experiments.results.sweep.store import UNSOUND, Store

GLOB = re.compile(r"[*?\[]")  # what DuckDB takes for a pattern
TABLES = ("plan", "runs", "series")
ORDER = {"plan": "run", "runs": "run", "series": "run, step"}
ORDER_STUDY = {"runs": "cell, replication, id", "series": "cell, replication, step"}


def connect(folder: Path, series: bool = False) -> duckdb.DuckDBPyConnection:
    """Return a connection in which the tables of a sweep's folder are views.

    Parameters
    ----------
    folder : a sweep's.
    series : whether the series parts are to be checked as a whole, and not only by their size.

    Raises
    ------
    SweepError
        If it is no sweep's folder, nothing is done yet, or what is there is not what was written.
    """
    require_utf8(folder)
    manifest = read_study(folder)
    whole = kind(manifest) == "sweep"
    store = Store(folder)
    runs = store.committed()
    if not runs:
        raise SweepError(f"{folder}: no run is done yet", FAILED)
    plans = [damaged_plan(folder, manifest)] if whole else []
    problems = [*filter(None, plans), *_unsound(store, runs, series)]
    if problems:
        raise SweepError(problems, FAILED)
    connection = duckdb.connect()
    with explained(folder):
        _make_views(connection, folder, store, runs, whole)
        if whole:
            _require_one_plan(connection, folder)
    return connection


def _unsound(store: Store, parts: Sequence[Path], whole: bool) -> Iterator[str]:
    """Yield a line for the parts that are not what was written."""
    for part in parts:
        try:
            store.sound(part, whole=whole)
        except UNSOUND as error:
            yield f"{part}: {_first_line(error)}; {ADVICE}"


ADVICE = "starting the sweep again moves aside what is not sound and does its runs again"


def _make_views(
    connection: duckdb.DuckDBPyConnection, folder: Path, store: Store, runs: Sequence[Path], planned: bool
) -> None:
    _view(connection, "runs", runs)
    series = list(store.series_parts())
    if series:
        _view(connection, "series", series)
    if planned:
        _view(connection, "plan", [folder / PLAN])
        connection.execute(
            "CREATE VIEW results AS SELECT * FROM plan JOIN (SELECT * EXCLUDE (id, point, replication) FROM runs) "
            "USING (run)"
        )


def _require_one_plan(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Raise SweepError where runs are there twice, or are not of the plan next to them."""
    row = connection.execute(
        "SELECT count(*) - count(DISTINCT run), count(*) FILTER (plan.id IS DISTINCT FROM runs.id) "
        "FROM runs LEFT JOIN plan USING (run)"
    ).fetchone()
    twice, foreign = row or (0, 0)
    if twice or foreign:
        what = f"{twice} runs are there twice" if twice else f"{foreign} runs are not of its plan"
        raise SweepError(f"{folder}: {what}; {ADVICE}", FAILED)


def ask(folder: Path, sql: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return names and rows of what `sql` selects; raises SweepError with DuckDB's first words where it cannot."""
    with explained(folder), connect(folder, "series" in sql.lower()) as connection:
        if not duckdb.extract_statements(sql):
            raise SweepError("query: '': allowed is a statement in SQL, such as SELECT * FROM results")
        answer = connection.execute(sql)
        return tuple(column[0] for column in answer.description or ()), answer.fetchall()


def export(folder: Path, out: Path) -> list[Path]:
    """Write every table as CSV into `out`, rows in the order of the plan or of the arrangements; return the files."""
    with explained(folder), connect(folder, True) as connection:
        out.mkdir(parents=True, exist_ok=True)
        there = {
            row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
        order = ORDER if "plan" in there else ORDER_STUDY
        return [_copy(connection, table, order[table], out) for table in TABLES if table in there]


class explained:  # noqa: N801
    """Context that turns DuckDB's errors into one line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, duckdb.IOException | duckdb.InvalidInputException):
            raise SweepError(f"{self._folder}: {_first_line(error)}; {ADVICE}", FAILED) from error
        if isinstance(error, duckdb.Error):
            raise SweepError(f"query: {_first_line(error)}") from error
        if isinstance(error, OSError):
            raise SweepError(f"{self._folder}: {error}", FAILED) from error


def _view(connection: duckdb.DuckDBPyConnection, name: str, parts: Sequence[Path]) -> None:
    names = ", ".join(_quoted(GLOB.sub(r"[\g<0>]", str(part))) for part in parts)
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{names}], union_by_name = true)")


def _copy(connection: duckdb.DuckDBPyConnection, table: str, order: str, out: Path) -> Path:
    path = out / f"{table}.csv"
    nearby = out / f".{table}.csv"
    connection.execute(
        f"COPY (SELECT {_cells(connection, table)} FROM {table} ORDER BY {order}) "
        f"TO {_quoted(str(nearby))} (FORMAT csv, HEADER)"
    )
    nearby.replace(path)
    return path


def _cells(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the columns of a table in SQL, text so that no spreadsheet takes it for a formula."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    return ", ".join(_cell(identifier(name), kind, identifier(guarded(name))) for name, kind, *_ in described)


def _cell(column: str, kind: str, name: str) -> str:
    if kind != "VARCHAR":
        return f"{column} AS {name}"
    risky = f"regexp_matches({column}, {_quoted(RISKY)}) AND NOT regexp_matches({column}, {_quoted(PLAIN_NUMBER)})"
    return f"CASE WHEN {risky} THEN chr(39) || {column} ELSE {column} END AS {name}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the name of a column as SQL reads it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
