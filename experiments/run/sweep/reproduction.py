"""Runs of a sweep's folder made again, from its manifest and plan alone, and compared bit for bit.

A folder is data: it says who made its runs, and that is called only where it is this program's own run, or where the
user has named it; nor are reporters called that the user has not named.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.plan.arrangement import Kept
from experiments.plan.identity import as_text, code_version
from experiments.plan.options import read_series
from experiments.plan.plan import RUNNER, Task
from experiments.plan.plug_in import Reporter, read_reporters
from experiments.plan.problem import FAILED, SweepError
from experiments.results.sweep.manifest_file import MANIFEST, read_manifest
from experiments.results.sweep.rebuild import PLAN, damaged_plan
from experiments.results.sweep.store import Store
from experiments.run.sweep.chunk import Job, find_runner, run_chunk


class Reproduction(NamedTuple):
    """What came of it: how many runs were made again, and a line for every difference.

    `notes` says what may explain one, such as another version of the code.
    """

    runs: int
    differences: list[str]
    notes: list[str]


def reproduce(folder: Path, number: int, runner: str | None = None, reporters: Sequence[str] = ()) -> Reproduction:
    """Make `number` runs again, spread evenly over those that are done.

    Parameters
    ----------
    folder : a sweep's.
    number : runs at most.
    runner : ``module:function`` that makes a run, named by the user; None for this program's own.
    reporters : ``NAME=module:function`` of those that the runs have numbers of, named by the user.

    Raises
    ------
    SweepError
        If `folder` is no sweep's or names a function that is not to be called, nothing is done, or a part is not sound.
    """
    manifest = read_manifest(folder)
    chosen = _runner(folder, manifest["plan"]["runner"], runner)
    kept = Kept(
        read_series(manifest["plan"]["series"], f"{folder / MANIFEST}: plan.series"),
        known_reporters(manifest, reporters),
    )
    if problem := damaged_plan(folder, manifest):
        raise SweepError(problem, FAILED)
    try:
        job = Job(as_text(manifest["scenario"]), code_version(), chosen, kept)
        return _reproduce(job, manifest, folder, number)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise error if isinstance(error, SweepError) else unreadable(folder, error) from error


def _runner(folder: Path, said: str, named: str | None) -> str:
    """Return who makes runs: whom the user named, else this program's own, never whom the folder alone names."""
    if named is None and said != RUNNER:
        where = f"{folder / MANIFEST}: plan.runner: {said!r}: is not of this program"
        raise SweepError(f"{where}, and what a folder names is never called; name one you trust with --runner")
    try:
        find_runner(named or RUNNER)
    except (ImportError, AttributeError, ValueError) as error:
        raise SweepError(f"--runner: {named!r}: {error}; allowed is MODULE:NAME of a function") from error
    return named or RUNNER


def known_reporters(manifest: dict, named: Sequence[str]) -> tuple[Reporter, ...]:
    """Return the reporters of a folder's runs, which are those the user has named and no others."""
    given = {one.name: one for one in read_reporters(named)}
    described = manifest.get("plan", manifest).get("reporters", {})
    said = {name: f"{name}={one['function']}" for name, one in described.items()}
    here = {name: f"{name}={one.path}" for name, one in given.items()}
    lacking = [text for name, text in said.items() if here.get(name) != text]
    problems = [
        f"plan.reporters: {text}: what a folder names is never called; say --reporter {text} if you trust it"
        for text in lacking
    ]
    problems += [f"--reporter: {text}: is none of the folder's" for name, text in here.items() if name not in said]
    if problems:
        raise SweepError(problems)
    return tuple(given[name] for name in said)


def _reproduce(job: Job, manifest: dict, folder: Path, number: int) -> Reproduction:
    where = _where(Store(folder))
    if not where:
        raise SweepError(f"{folder}: no run is done yet", FAILED)
    chosen = [sorted(where)[index] for index in spread(len(where), number)]
    found = []
    for task in _tasks(folder, chosen):
        found += _compare(job, task, folder, where[task.run])
    before = {name: one["source"] for name, one in manifest["plan"].get("reporters", {}).items()}
    changed = [one for one in job.kept.reporters if before[one.name] != one.source]
    other = [f"reporter {one.name}: the source of {one.path} is another than it was" for one in changed]
    return Reproduction(len(chosen), found, notes(manifest) + other)


def notes(manifest: dict) -> list[str]:
    """Return a line where the runs were made by another version of the code."""
    here = code_version()
    return [] if manifest["code"] == here else [f"made by version {manifest['code']}, this is {here}"]


def _where(store: Store) -> dict[int, str]:
    """Return the part each run is in."""
    return {int(run): part.name for part in store.committed() for run in store.numbers(part)}


def spread(there: int, number: int) -> list[int]:
    """Return at most `number` places of so many, evenly spread."""
    return np.unique(np.linspace(0, there - 1, min(number, there)).astype(int)).tolist()


def _tasks(folder: Path, chosen: list[int]) -> list[Task]:
    columns = ["run", "point", "replication", "changes"]
    table = pq.read_table(folder / PLAN, columns=columns, filters=[("run", "in", chosen)])
    return [Task(**(row | {"changes": json.loads(row["changes"])})) for row in table.to_pylist()]


def _compare(job: Job, task: Task, folder: Path, part: str) -> list[str]:
    product = run_chunk(job, (task,))
    lines = unlike(f"run {task.run}", _stored(folder / "runs" / part, task.run), _read_bytes(product.runs))
    if product.series:
        lines += unlike(
            f"run {task.run} series", _stored(folder / "series" / part, task.run), _read_bytes(product.series)
        )
    return lines


def _stored(part: Path, run: int) -> pa.Table:
    return pq.read_table(part, filters=[("run", "=", run)])


def _read_bytes(part: bytes) -> pa.Table:
    return pq.read_table(pa.BufferReader(part))


def unlike(label: str, stored: pa.Table, made: pa.Table) -> list[str]:
    """Return a line for every column that differs in any bit.

    Parameters
    ----------
    label : what the rows are called.
    stored, made : the rows that were found, and those made again.
    """
    # A part shared with other runs may have columns this one does not fill.
    names = dict.fromkeys([*made.column_names, *stored.column_names])
    return [f"{label}: {name} differs" for name in names if _bits(stored, name) != _bits(made, name)]


def _bits(table: pa.Table, name: str) -> object:
    if name not in table.column_names or table.column(name).null_count == table.num_rows:
        return None
    column = table.column(name)
    return column.to_numpy().tobytes() if pa.types.is_floating(column.type) else column.to_pylist()


def unreadable(folder: Path, error: Exception) -> SweepError:
    """Return the problem of a folder that cannot be read."""
    return SweepError(f"{folder}: unreadable: {str(error).splitlines()[0]}", FAILED)
