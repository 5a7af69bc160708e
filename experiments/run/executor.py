"""Who makes the runs of a study: what every executor offers.

A study hands over tasks and reads runs in the order of the tasks; it knows neither who made them nor where. There are
:class:`experiments.run.process_pool.WorkerPool`, this process alone or several next to it, and
:class:`experiments.run.recorded.Recorded`, which makes only what a result folder lacks. A sweep's chunks, which may go
to a cluster, have :class:`experiments.run.sweep.executor.ChunkExecutor`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from experiments.results.run import Run
from experiments.run.run import Task

if TYPE_CHECKING:
    from experiments.plan.arrangement import Cell

type Stop = Callable[[], bool]


def never() -> bool:
    """Return that nobody wishes to stop."""
    return False


class Executor(Protocol):
    """Makes runs, and gives them back in the order in which they were asked for."""

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; once `stop` is true, only those already finished."""

    def replicate(self, cells: Sequence["Cell"], replications: Sequence[int], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of every cell for every replication, in that order; `stop` as in :meth:`run`."""
