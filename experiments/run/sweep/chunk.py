"""A chunk of runs: what a worker gets, does and sends back.

A worker needs this code and nothing else: the base scenario travels as text with every chunk, the results as the bytes
of two Parquet parts that the driver only has to put on disk. What a chunk's runs are worth does not depend on which
worker runs them, nor next to which other runs.
"""

import json
import time
import traceback
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.core.registry import find
from experiments.plan.arrangement import Arrangement, Kept
from experiments.plan.identity import as_text, code_version, run_id, scenario_identity
from experiments.plan.plan import Plan, Task
from experiments.plan.plug_in import PlugIn, plug_ins, register
from experiments.plan.problem import SweepError
from experiments.results.run import Run
from experiments.results.sweep.rows import Made, runs_part, series_part
from experiments.run.run import failed_run

if TYPE_CHECKING:
    from model.scenario import Scenario

POINTS_KEPT = 256  # scenarios a worker remembers


class Job(NamedTuple):
    """What all chunks of a sweep share.

    That is the base scenario as text, code version, who runs, what is kept of a run, and a user's own parts.
    """

    base: str
    code: str
    runner: str
    kept: Kept
    added: tuple[PlugIn, ...] = ()


class Product(NamedTuple):
    """What came of a chunk.

    Attributes
    ----------
    runs, series : bytes of the two parts; `series` may be empty.
    number : runs done.
    failures : number and error of every failed run.
    seconds : what a run took, s; None where only the first run of a process could be timed.
    """

    runs: bytes
    series: bytes
    number: int
    failures: tuple[tuple[int, str], ...]
    seconds: float | None


class _Process:
    """What this process remembers: its first run loads what the others find loaded."""

    fresh = True


def job(plan: Plan) -> Job:
    """Return the job of `plan`."""
    return Job(as_text(plan.base.model_dump()), code_version(), plan.runner, plan.kept, plug_ins())


def run_chunk(work: Job, tasks: tuple[Task, ...]) -> Product:
    """Run `tasks` and return their rows.

    Raises
    ------
    SweepError
        If this worker has another version of the code.
    """
    if work.code != code_version():
        raise SweepError(f"a worker has version {code_version()} of the code, the sweep was begun by {work.code}")
    register(work.added)
    runner = find_runner(work.runner)
    made, times = [], []
    for task in tasks:
        start = time.perf_counter()
        made.append(_made(work, task, runner))
        times.append(time.perf_counter() - start)
    return _product(work, made, _typical(times))


def failed_chunk(work: Job, task: Task, failure: str) -> Product:
    """Return what is recorded of a run that no worker survived."""
    made = _made(work, task, partial(failed_run, failure=failure))
    return _product(work, [made], None)


def find_runner(name: str) -> Callable[[Arrangement, int], Run]:
    """Return the function that ``module:function`` names."""
    return find(name)


def _made(work: Job, task: Task, run: Callable[[Arrangement, int], Run]) -> Made:
    scenario, identity = _scenario(work.base, as_text(task.changes))
    backstop = scenario.backstop
    arrangement = Arrangement(f"point {task.point}", backstop.structure, backstop.regime, scenario, kept=work.kept)
    try:
        done = run(arrangement, task.replication)
    except Exception:
        done = failed_run(arrangement, task.replication, traceback.format_exc())
    return Made(task.run, run_id(work.kept.identity(identity), task.replication, work.code), task.point, done)


def _product(work: Job, made: list[Made], seconds: float | None) -> Product:
    series = series_part(made) if work.kept.series else b""
    failures = ((item.number, item.run.failure.strip().splitlines()[-1]) for item in made if item.run.failure)
    return Product(runs_part(made, series), series, len(made), tuple(failures), seconds)


def _typical(times: list[float]) -> float | None:
    known = times[1:] if _Process.fresh else times
    _Process.fresh = False
    return sum(known) / len(known) if known else None


@lru_cache(maxsize=POINTS_KEPT)
def _scenario(base: str, changes: str) -> tuple["Scenario", str]:
    scenario = _base(base).replace(json.loads(changes))
    return scenario, scenario_identity(scenario)


@lru_cache(maxsize=1)
def _base(text: str) -> "Scenario":
    from model.scenario import Scenario  # noqa: PLC0415

    tree: dict[str, Any] = json.loads(text)
    return Scenario.from_mapping(tree)
