"""One run: a replication of an arrangement, made here, and what is kept of it.

A run knows nothing of who made it: an exception makes it a failed run that carries its traceback, and its numbers
depend on its arrangement and its replication alone.
"""

import traceback
from collections.abc import Callable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from experiments.results.run import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from experiments.plan.arrangement import Arrangement
    from experiments.plan.plug_in import Reporter
    from model.engine.engine import Engine


# Runs per message at most: enough to hide its cost, few enough that Ctrl-C and the progress bar are prompt.
CHUNK = 16
# Messages per worker at least, so that none waits long for the last one.
TURNS = 8


class ReporterError(RuntimeError):
    """A reporter that raised, returned no number, or has the name of a metric of the run."""


type Outcome = tuple[dict[str, float], dict[str, "NDArray[np.float32]"]]
type Task = tuple["Arrangement", int]


def run_arrangement(arrangement: "Arrangement", replication: int) -> Run:
    """Run `replication` of `arrangement`; an exception makes it a failed run."""
    try:
        return Run(
            arrangement.name,
            arrangement.structure,
            arrangement.regime,
            replication,
            *_simulate(arrangement, replication),
        )
    except Exception:
        return failed_run(arrangement, replication, traceback.format_exc())


def run_all(tasks: Sequence[Task]) -> list[Run]:
    """Run every task in its order."""
    return [run_arrangement(arrangement, replication) for arrangement, replication in tasks]


def failed_run(arrangement: "Arrangement", replication: int, failure: str) -> Run:
    """Return the run of `arrangement` that came to nothing because of `failure`."""
    return Run(arrangement.name, arrangement.structure, arrangement.regime, replication, {}, {}, failure)


def _simulate(arrangement: "Arrangement", replication: int) -> "Outcome":
    tape = arrangement.tape(replication) if arrangement.tape else None
    run = _kind(arrangement)(arrangement.scenario, replication, tape, kept=arrangement.kept.series)
    run.run()
    summary = {name: float(value) for name, value in run.summary().items()}
    series = {name: values.astype("float32") for name, values in run.series().items()}
    for reporter in arrangement.kept.reporters:
        if reporter.name in summary:
            raise ReporterError(f"reporter {reporter.name}: is the name of a metric of this run; allowed is another")
        summary[reporter.name] = reported(reporter, run)
    return summary, series


def _kind(arrangement: "Arrangement") -> "type[Engine]":
    """Return what makes a run: the engine alone; with Mesa's view of it where a reporter is promised one."""
    if arrangement.kept.reporters:
        from model.ecosystem import Ecosystem  # noqa: PLC0415

        return Ecosystem
    from model.engine.engine import Engine  # noqa: PLC0415

    return Engine


def reported(reporter: "Reporter", ecosystem: "Engine") -> float:
    """Return what a reporter says of a finished model; raises ReporterError where that is no number."""
    from experiments.plan.plug_in import report_function  # noqa: PLC0415

    where = f"reporter {reporter.name} ({reporter.path})"
    try:
        value = report_function(reporter.path)(ecosystem)
    except Exception as error:
        raise ReporterError(f"{where}: {type(error).__name__}: {error}") from error
    number = value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value
    if not isinstance(number, Real):
        raise ReporterError(f"{where}: returned {str(value)[:60]!r}, a {type(value).__name__}: allowed is a number")
    return float(number)


def call_all[Result](action: Callable[..., Result], items: Sequence[tuple[Any, ...]]) -> list[Result]:
    """Return `action` of the arguments of every item."""
    return [action(*item) for item in items]


def call_each[T](argument: T, actions: Sequence[Callable[[T], object]]) -> list[object]:
    """Return what every action makes of `argument`."""
    return [action(argument) for action in actions]


def chunk_size(number: int, workers: int) -> int:
    """Return how many of `number` runs a message to one of `workers` holds; this process alone takes one by one."""
    return 1 if workers == 1 else max(1, min(CHUNK, number // (workers * TURNS)))
