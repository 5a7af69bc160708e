"""Who makes the runs of a study: this process, or several next to it.

One pool serves a command from its pilot to its figures. Results come back in the order of the tasks whatever the
number of workers, and no run knows who made it. On a machine that has never run these sources the pool compiles them
first, the kernels shared between two workers. What becomes of runs whose worker dies is told in
:mod:`experiments.run.dispatch`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiments.results.run import Run
from experiments.run.dispatch import PATIENCE, Dispatch, EqualSize
from experiments.run.executor import Chunk, Executor, InProcess, Stop, WorkerError, never
from experiments.run.process import serve
from experiments.run.processes import PRELOAD, Processes
from experiments.run.progress import waiting
from experiments.run.run import Task, call_all, call_each, chunk_size, failed_run, run_all

if TYPE_CHECKING:
    from experiments.plan.arrangement import Arrangement
    from model.scenario import Scenario


def prepare(workers: int | None) -> None:
    """Let the server that `workers` are forked from, if more than one, begin its imports; it ends with this process.

    To be called first of all, before this process imports anything heavy itself.
    """
    if workers != 1:
        serve(PRELOAD)


class WorkerPool:
    """Worker pool of one command; shuts down on exit from the context.

    Parameters
    ----------
    workers : processes; 1 is this process alone.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._processes: Processes[Any, Any] = Processes(workers, run_all)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def replicate(
        self, arrangements: Sequence["Arrangement"], replications: Sequence[int], stop: Stop = never
    ) -> Iterator[Run]:
        """Return the runs of every arrangement for every replication, in that order.

        Parameters
        ----------
        arrangements : the arrangements, all run in every replication.
        replications : numbers of the replications.
        stop : read between runs; once true, only runs already finished are still yielded.
        """
        return self.run(
            [(arrangement, replication) for replication in replications for arrangement in arrangements], stop
        )

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; `stop` as in :meth:`replicate`."""
        if not tasks or stop():
            return
        self.compile(tasks[0][0].scenario, stop)
        given = 0
        try:
            for runs in self._done(run_all, tasks, _failed, chunk_size(len(tasks), self.workers), stop):
                yield from runs
                given += len(runs)
        except WorkerError as nobody:
            yield from (failed_run(*task, str(nobody)) for task in tasks[given:])

    def compile(self, scenario: "Scenario", stop: Stop = never) -> None:
        """Compile what runs of `scenario` need, shared between workers, where this machine has not done so before.

        This process alone compiles when it runs first, and only says so here.
        """
        from experiments.run.compile import COMPILING, compile_run, halves  # noqa: PLC0415

        parts = halves()
        if parts:
            waiting(COMPILING)
        if self.workers > 1 and parts:
            for stage in (parts, (compile_run,)):
                list(self._done(partial(call_each, scenario), stage, lambda part, why: [], 1, stop))

    def each[Result](
        self, action: Callable[..., Result], items: Sequence[tuple[Any, ...]], lost: Result
    ) -> list[Result]:
        """Return `action` of every item's arguments, one share of the items in this process.

        An exception of one is raised here; `lost` is the result of what a worker that died had in hand.
        """
        shares = max(min(self.workers, len(items)), 1)
        self._processes.work = partial(call_all, action)
        for share in range(1, shares):
            self._processes.submit(Chunk(tuple(items[share::shares]), share))
        results = [lost] * len(items)
        results[::shares] = call_all(action, items[::shares])
        for _ in range(1, shares):
            while (done := self._processes.take(PATIENCE)) is None:
                pass
            if done.product is not None:
                results[done.chunk.first :: shares] = done.product
        return results

    def map[Item, Result](self, action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return `action` of every item, in their order; an exception of one is raised here, as in :meth:`each`.

        WorkerError where one ends a worker all by itself.
        """
        return list(self.results(action, items))

    def results[Item, Result](self, action: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield what :meth:`map` returns, each result once it and those before it are there."""
        if self.workers == 1:
            yield from map(action, items)
            return
        pairs = [(item,) for item in items]
        for [result] in self._done(partial(call_all, action), pairs, _refused, 1, never):
            yield result

    def close(self, at_once: bool = False) -> None:
        """End the workers; those `at_once` in the middle of what they do."""
        self._processes.close(at_once)

    def _done[Item, Product](
        self, work: Callable[[Sequence[Item]], Product], items: Sequence[Item],
        failed: Callable[[Item, str], Product], size: int, stop: Stop,
    ) -> Iterator[Product]:  # fmt: skip
        """Yield the products of `items` in their order; what is broken off ends the workers at once."""
        executor: Executor[Item, Product] = InProcess(work)
        if self.workers > 1:
            self._processes.work, executor = work, self._processes
        complete = False
        try:
            yield from Dispatch(items, len(items), executor, EqualSize(size), failed).in_order(stop)
            complete = not stop()
        finally:
            if not complete:
                self.close(at_once=True)


def _failed(task: Task, reason: str) -> list[Run]:
    return [failed_run(*task, reason)]


def _refused(item: object, reason: str) -> Any:
    raise WorkerError(reason)
