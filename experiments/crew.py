"""Who does the work: this process, or several beside it.

One crew serves a command from its pilot to its figures. Results come back in the order of the tasks whatever the
number of workers, and no run knows who made it. On a machine that has never run these sources the crew compiles them
first, the kernels shared between two workers.

Workers are forked from a server that is started afresh and has imported what all of them need (spawned where there is
no such server), because a fork of this process would copy the locks of its running threads. They ignore Ctrl-C, which
is this process's to handle. A worker that dies makes failed runs of what it had in hand.
"""

import multiprocessing
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiments.worker import Run, Task, failed_run, run_all, run_cell

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from experiments.cell import Cell
    from model.scenario import Scenario

# Runs per message at most: enough to hide its cost, few enough that Ctrl-C and the progress bar are prompt.
CHUNK = 16
# Messages per worker at least, so that none waits long for the last one.
TURNS = 8
# Seconds between two looks at the wish to stop while waiting for a worker.
PATIENCE = 0.2
PRELOAD = ["experiments.preload"]

type Chunk = tuple[Sequence[Task], Future[list[Run]]]


def prepare(workers: int | None) -> None:
    """Let the server that `workers` are forked from, if more than one, begin its imports; it ends with this process.

    To be called first of all, before this process imports anything heavy itself.
    """
    if workers != 1 and _context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running  # noqa: PLC0415

        ensure_running()


class Crew:
    """Workers for one command; as a context they are sent home at its end.

    Parameters
    ----------
    workers : processes; 1 is this process alone.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._broken = False
        self._strangers = _children()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss(at_once=kind is not None)

    def replicate(
        self, cells: Sequence["Cell"], replications: Sequence[int], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Run]:
        """Return the runs of every cell for every replication, in that order.

        Parameters
        ----------
        cells : the cells, all run in every replication.
        replications : numbers of the replications.
        stop : read between runs; once true, only runs already finished are still yielded.
        """
        return self.run([(cell, replication) for replication in replications for cell in cells], stop)

    def run(self, tasks: Sequence[Task], stop: Callable[[], bool] = lambda: False) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; `stop` as in :meth:`replicate`."""
        if self.workers == 1:
            yield from _here(tasks, stop)
        elif tasks and not stop():
            yield from self._elsewhere(tasks, stop)

    def compile(self, scenario: "Scenario") -> None:
        """Compile what runs of `scenario` need, shared between workers, where this machine has not done so before."""
        if self.workers > 1:
            from experiments.warm_up import halves  # noqa: PLC0415

            wait([self._submit(half, scenario) for half in halves()])

    def each[Result](
        self, action: Callable[..., Result], items: Sequence[tuple[Any, ...]], lost: Result
    ) -> list[Result]:
        """Return `action` of every item's arguments, one share of the items in this process.

        An exception of one is raised here; `lost` is the result of what a worker that died had in hand.
        """
        shares = max(min(self.workers, len(items)), 1)
        elsewhere = [self._submit(_call_all, action, items[share::shares]) for share in range(1, shares)]
        results = [lost] * len(items)
        results[::shares] = _call_all(action, items[::shares])
        for share, future in enumerate(elsewhere, 1):
            with suppress(BrokenProcessPool):
                results[share::shares] = future.result()
        return results

    def map[Item, Result](self, action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return `action` of every item, in their order; an exception of one is raised here."""
        if self.workers == 1:
            return [action(item) for item in items]
        return [future.result() for future in [self._submit(action, item) for item in items]]

    def dismiss(self, at_once: bool = False) -> None:
        """End the workers; those `at_once` in the middle of what they do."""
        if self._pool is not None:
            if at_once:
                _end(_children() - self._strangers)
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _elsewhere(self, tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[Run]:
        self.compile(tasks[0][0].scenario)
        chunks = _chunks(tasks, self.workers)
        complete = False
        try:
            for chunk, future in _in_order(deque((chunk, self._submit(run_all, chunk)) for chunk in chunks), stop):
                yield from self._collect(chunk, future)
            complete = not (stop() or self._broken)
        finally:
            if not complete:
                self.dismiss(at_once=True)

    def _collect(self, chunk: Sequence[Task], future: Future[list[Run]]) -> list[Run]:
        try:
            return future.result()
        except BrokenProcessPool:
            self._broken = True
            reason = f"a worker process died\n{traceback.format_exc()}"
            return [failed_run(*task, reason) for task in chunk]

    def _submit(self, action: Callable[..., Any], *arguments: Any) -> Future[Any]:
        if self._pool is None:
            self._broken = False
            self._pool = ProcessPoolExecutor(self.workers, mp_context=_context(), initializer=_ignore_interrupt)
        try:
            return self._pool.submit(action, *arguments)
        except BrokenProcessPool as broken:
            lost: Future[Any] = Future()
            lost.set_exception(broken)
            return lost


def _call_all[Result](action: Callable[..., Result], items: Sequence[tuple[Any, ...]]) -> list[Result]:
    return [action(*item) for item in items]


def _here(tasks: Sequence[Task], stop: Callable[[], bool]) -> Iterator[Run]:
    for task in tasks:
        if stop():
            return
        yield run_cell(*task)


def _in_order(chunks: deque[Chunk], stop: Callable[[], bool]) -> Iterator[Chunk]:
    # Each chunk leaves the queue as it is read, so that results already written are not kept.
    while chunks:
        chunk, future = chunks.popleft()
        while not future.done() and not stop():
            wait([future], timeout=PATIENCE)
        if future.done():
            yield chunk, future


def _chunks(tasks: Sequence[Task], workers: int) -> list[Sequence[Task]]:
    size = max(1, min(CHUNK, len(tasks) // (workers * TURNS)))
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _context() -> "BaseContext":
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # A module the server cannot import is left to the workers.
    context.set_forkserver_preload(PRELOAD)
    return context


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _children() -> set["BaseProcess"]:
    return set(multiprocessing.active_children())


def _end(processes: set["BaseProcess"]) -> None:
    for process in processes:
        process.terminate()
