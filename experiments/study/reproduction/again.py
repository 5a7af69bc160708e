"""Runs of a study made again, and compared bit for bit with those of its folder.

Which run is made again depends on the folder alone, and so does what is made; nothing in it is ever called.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.plan.arrangement import Kept
from experiments.plan.problem import FAILED, SweepError
from experiments.results.parquet import series_table
from experiments.results.run import Run
from experiments.results.run_store import LAST
from experiments.results.sweep.manifest_file import kind, read_study
from experiments.results.sweep.rows import metric_columns
from experiments.run.run import run_arrangement
from experiments.run.sweep.reproduction import Reproduction, known_reporters, notes, spread, unlike, unreadable
from experiments.study.calibration.simulation import Simulation
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.recorded import is_part, made_again
from experiments.study.rare.splitting.study import paths_of
from experiments.study.reproduction.stored import Row, arrangement_of, asked, stored_rows, stored_scenario
from model.scenario import Scenario, ScenarioError

type Compare = Callable[[Row], list[str]]


def reproduce(folder: Path, number: int, reporters: Sequence[str] = ()) -> Reproduction:
    """Make `number` runs of a study that is no sweep again, spread evenly over those that are stored.

    `reporters` are ``NAME=module:function`` of those that the runs have numbers of, named by the user.

    Raises
    ------
    SweepError
        If nothing is stored, or what is there is not what was written or does not say how its runs were made.
    """
    manifest = read_study(folder)
    kept = Kept(reporters=known_reporters(manifest, reporters))
    try:
        rows = list(stored_rows(folder))
        if not rows:
            raise SweepError(f"{folder}: no run is done yet", FAILED)
        compare = _compare(manifest, stored_scenario(folder, manifest), kept)
        chosen = [rows[index] for index in spread(len(rows), number)]
        return Reproduction(len(chosen), [line for row in chosen for line in compare(row)], notes(manifest))
    except ScenarioError as error:
        raise SweepError(error.problems) from error
    except (pa.ArrowException, OSError, LookupError, TypeError, ValueError) as error:
        raise error if isinstance(error, SweepError) else unreadable(folder, error) from error


def _compare(manifest: dict[str, Any], base: Scenario, kept: Kept) -> Compare:
    if kind(manifest) == "calibration":
        return partial(_compare_moments, Simulation(scenario=base, **asked(manifest, "simulation.")))
    if kind(manifest) == "rare":
        return lambda row: (
            _compare_part(base, asked(manifest), row) if is_part(row.numbers) else _compare_run(base, kept, row)
        )
    return partial(_compare_run, base, kept)


def _compare_run(base: Scenario, kept: Kept, row: Row) -> list[str]:
    run = run_arrangement(arrangement_of(row, base)._replace(kept=kept), row.replication)
    if run.failure is not None:
        return [f"{row.label}: failed: {run.failure.strip().splitlines()[-1]}"]
    last = [name for name in row.metrics.column_names if name.endswith(LAST) and name not in run.summary]
    ends = {name: float(run.series[name.removesuffix(LAST)][-1]) for name in last}
    lines = unlike(row.label, row.metrics, pa.table(metric_columns([run.summary | ends])))
    return lines + (_compare_series(row, run) if row.series.exists() else [])


def _compare_series(row: Row, run: Run) -> list[str]:
    own = (pc.field("cell") == row.text("cell")) & (pc.field("replication") == row.replication)
    stored, again = _series(row.series).filter(own), series_table(run)
    there = [name for name in again.column_names if name in stored.column_names]  # a choice of series may be kept
    return unlike(f"{row.label} series", stored, again.select(there))


def _compare_part(base: Scenario, words: dict[str, Any], row: Row) -> list[str]:
    """Compare a trial or a repetition of splitting."""
    event, paths = Event(words["metric"], words["threshold"]), paths_of(words["replications"])
    again = made_again(arrangement_of(row, base).scenario, event, (words["pilot"], paths), row.replication, row.numbers)
    return unlike(row.label, row.metrics, pa.table(metric_columns([again])))


@lru_cache(maxsize=1)
def _series(part: Path) -> pa.Table:
    """Return a series part, which many rows in a row ask for."""
    return pq.read_table(part)


def _compare_moments(simulated: Simulation, row: Row) -> list[str]:
    values, (what, _, runs) = json.loads(row.text("changes")), row.text("cell").partition(" ")
    if what == "scatter":
        numbers = simulated.scatter(values)[row.replication]
    else:
        numbers = simulated.again(values, int(runs)) if what == "again" else simulated.moments(values)
    made = {f"moment_{i}": float(number) for i, number in enumerate(np.asarray(numbers))}
    return unlike(row.label, row.metrics, pa.table(metric_columns([made])))
