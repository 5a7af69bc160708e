"""An executor that runs only what its store lacks, and keeps what it runs.

A study is determined by its runs: sizing, cross entropy and fitting ask for the same runs in the same order whenever
they are begun with the same words. So a study goes on where it was simply because no run that is kept is made again.
"""

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.plan.identity import as_text, canonical, code_version, digest, leaves, run_id, scenario_identity
from experiments.results.run import Run
from experiments.results.run_store import Making, RunStore
from experiments.run.executor import RunSource, Stop, never
from experiments.run.run import Task

if TYPE_CHECKING:
    from experiments.plan.arrangement import Arrangement
    from model.scenario import Scenario


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

    def replicate(
        self, arrangements: Sequence["Arrangement"], replications: Sequence[int], stop: Stop = never
    ) -> Iterator[Run]:
        """Yield the runs of every arrangement for every replication, in that order; `stop` as in :meth:`run`."""
        return self.run(
            [(arrangement, replication) for replication in replications for arrangement in arrangements], stop
        )

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; once `stop` is true, only those already finished."""
        identities = identified(tasks)
        found = [
            self.store.find(arrangement.name, identity)
            for (arrangement, _), identity in zip(tasks, identities, strict=True)
        ]
        describe = Describe(self.store.base)
        missing = self.executor.run([task for task, run in zip(tasks, found, strict=True) if run is None], stop)
        first, self._number = self._number, self._number + len(tasks)
        for number, (identity, kept) in enumerate(zip(identities, found, strict=True), first):
            run = kept or next(missing, None)
            if run is None:
                return
            if not kept and run.failure is None:
                self.store.add(number, identity, run, describe(tasks[number - first][0]))
            yield run


class Describe:
    """Says what runs are made of, relative to the fields of a study's scenario; nothing where those are not known."""

    def __init__(self, base: Mapping[str, str] | None) -> None:
        self._base = base
        self._known: dict[tuple[int, int], Making] = {}

    def __call__(self, arrangement: "Arrangement") -> Making:
        """Return what the runs of `arrangement` are made of, by the objects it holds, which have to live on."""
        key = id(arrangement.scenario), id(arrangement.tape)
        if self._base is not None and key not in self._known:
            self._known[key] = Making(as_text(self._changes(arrangement.scenario)), self._tape(arrangement.tape))
        return self._known.get(key, Making())

    def _changes(self, scenario: "Scenario") -> dict[str, Any]:
        here = leaves(canonical(scenario))
        return {name: json.loads(text) for name, text in here if text != (self._base or {}).get(name)}

    def _tape(self, tape: Any) -> str:
        """Return the axes that are moved, by how much, and the scenario that is drawn."""
        if tape is None:
            return ""
        moved = [(astuple(axis), mean) for axis, mean in zip(tape.axes, tape.mean, strict=True) if mean]
        axes, means = [axis for axis, _ in moved], [mean for _, mean in moved]
        return as_text({"changes": self._changes(tape.scenario), "axes": axes, "mean": means})


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
        digest(
            run_id(arrangement.kept.identity(_named(arrangement.scenario)), replication, code), _named(arrangement.tape)
        )
        if arrangement.tape
        else run_id(arrangement.kept.identity(_named(arrangement.scenario)), replication, code)
        for arrangement, replication in tasks
    ]


def _tape_identity(tape: Any) -> str:
    """Return a digest of everything that says how a tape is drawn, the rule's source included."""
    source = Path(inspect.getfile(type(tape))).read_bytes()
    rule = f"{type(tape).__name__} {hashlib.sha256(source).hexdigest()}"
    return digest(rule, scenario_identity(tape.scenario), repr((tape.axes, tape.mean)))
