"""One run: a replication of a cell, made here, and what is kept of it.

A run knows nothing of who made it: an exception makes it a failed run that carries its traceback, and its numbers
depend on its cell and its replication alone.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from experiments.results.run import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from experiments.plan.arrangement import Cell


# Runs per message at most: enough to hide its cost, few enough that Ctrl-C and the progress bar are prompt.
CHUNK = 16
# Messages per worker at least, so that none waits long for the last one.
TURNS = 8


type Outcome = tuple[dict[str, float], dict[str, "NDArray[np.float32]"]]
type Task = tuple["Cell", int]


def run_cell(cell: "Cell", replication: int) -> Run:
    """Run `replication` of `cell`; an exception makes it a failed run."""
    try:
        return Run(cell.name, cell.structure, cell.regime, replication, *_simulate(cell, replication))
    except Exception:
        return failed_run(cell, replication, traceback.format_exc())


def run_all(tasks: Sequence[Task]) -> list[Run]:
    """Run every task in its order."""
    return [run_cell(cell, replication) for cell, replication in tasks]


def failed_run(cell: "Cell", replication: int, failure: str) -> Run:
    """Return the run of `cell` that came to nothing because of `failure`."""
    return Run(cell.name, cell.structure, cell.regime, replication, {}, {}, failure)


def _simulate(cell: "Cell", replication: int) -> "Outcome":
    from model.ecosystem import Ecosystem  # noqa: PLC0415

    tape = cell.tape(replication) if cell.tape else None
    ecosystem = Ecosystem(cell.scenario, replication, tape)
    ecosystem.run()
    summary = {name: float(value) for name, value in ecosystem.summary().items()}
    series = {name: values.astype("float32") for name, values in ecosystem.series().items()}
    return summary, series


def call_all[Result](action: Callable[..., Result], items: Sequence[tuple[Any, ...]]) -> list[Result]:
    """Return `action` of the arguments of every item."""
    return [action(*item) for item in items]


def call_each[T](argument: T, actions: Sequence[Callable[[T], object]]) -> list[object]:
    """Return what every action makes of `argument`."""
    return [action(argument) for action in actions]


def chunk_size(number: int, workers: int) -> int:
    """Return how many of `number` runs a message to one of `workers` holds; this process alone takes one by one."""
    return 1 if workers == 1 else max(1, min(CHUNK, number // (workers * TURNS)))
