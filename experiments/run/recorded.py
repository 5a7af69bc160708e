"""An executor that runs only what its store lacks, and keeps what it runs.

A study is determined by its runs: sizing, cross entropy and fitting ask for the same runs in the same order whenever
they are begun with the same words. So a study goes on where it was simply because no run that is kept is made again.
"""

import hashlib
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.plan.identity import code_version, digest, run_id, scenario_identity
from experiments.results.run import Run
from experiments.results.run_store import RunStore
from experiments.run.executor import RunSource, Stop, never
from experiments.run.run import Task

if TYPE_CHECKING:
    from experiments.plan.arrangement import Cell


class Recorded:
    """Runs tasks by `executor`, but takes from `store` those that are there.

    Parameters
    ----------
    executor : who runs what is missing.
    store : what is finished; every run is added to it.
    """

    def __init__(self, executor: RunSource, store: RunStore) -> None:
        self.executor, self.store = executor, store
        self._number = 0

    def replicate(self, cells: Sequence["Cell"], replications: Sequence[int], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of every cell for every replication, in that order; `stop` as in :meth:`run`."""
        return self.run([(cell, replication) for replication in replications for cell in cells], stop)

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; once `stop` is true, only those already finished."""
        identities = identified(tasks)
        found = [self.store.find(cell.name, identity) for (cell, _), identity in zip(tasks, identities, strict=True)]
        missing = self.executor.run([task for task, run in zip(tasks, found, strict=True) if run is None], stop)
        first, self._number = self._number, self._number + len(tasks)
        for number, (identity, kept) in enumerate(zip(identities, found, strict=True), first):
            run = kept or next(missing, None)
            if run is None:
                return
            if not kept and run.failure is None:
                self.store.add(number, identity, run)
            yield run


def recorded(executor: RunSource, store: RunStore | None) -> RunSource:
    """Return an executor that keeps what it runs in `store`, `executor` itself where there is none."""
    return executor if store is None else Recorded(executor, store)


def identified(tasks: Sequence[Task]) -> list[str]:
    """Return what defines each of `tasks` exactly: code, scenario, reporters, replication and its own tape, if any."""
    known: dict[int, str] = {}

    def _named(part: Any) -> str:
        if id(part) not in known:
            known[id(part)] = _tape_identity(part) if callable(part) else scenario_identity(part)
        return known[id(part)]

    code = code_version()
    return [
        digest(run_id(cell.kept.identity(_named(cell.scenario)), replication, code), _named(cell.tape))
        if cell.tape
        else run_id(cell.kept.identity(_named(cell.scenario)), replication, code)
        for cell, replication in tasks
    ]


def _tape_identity(tape: Any) -> str:
    """Return a digest of everything that says how a tape is drawn, the rule's source included."""
    source = Path(inspect.getfile(type(tape))).read_bytes()
    rule = f"{type(tape).__name__} {hashlib.sha256(source).hexdigest()}"
    return digest(rule, scenario_identity(tape.scenario), repr((tape.axes, tape.mean)))
