"""Who does the work: this process, or several next to it.

One pool serves a command from its pilot to its figures. Results come back in the order of the tasks whatever the
number of workers, and no run knows who made it. On a machine that has never run these sources the pool compiles them
first, the kernels shared between two workers.

A worker that dies takes its pool with it. What the pool had in hand then goes out again: the runs waited for one by
one with nothing next to them, so that a run is recorded as failed only if it ends a worker all by itself, then the
others as before. Where workers die one after the other and nothing is done in between, all that is left fails.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from experiments.plan.plug_in import plug_ins, register
from experiments.results.run import Run
from experiments.run.executor import Stop, never
from experiments.run.interrupt import breakable
from experiments.run.process import context, end, follow, serve, starting
from experiments.run.progress import waiting
from experiments.run.run import Task, call_all, chunks, failed_run, run_all, run_cell
from experiments.run.watch import Watch

if TYPE_CHECKING:
    from experiments.plan.arrangement import Cell
    from model.scenario import Scenario

# Seconds between two looks at the wish to stop while waiting for a worker.
PATIENCE = 0.2
# Deaths of workers in a row, nothing done in between, after which no more are started.
DEATHS = 3
PRELOAD = ["backstop_command", "experiments.run.preload"]

type Chunk = tuple[Sequence[Task], Future[list[Run]]]


class WorkerError(RuntimeError):
    """Workers that cannot do what was asked of them; `problems` holds one line."""

    def __init__(self, problem: str) -> None:
        self.problems, self.code = [problem], 1
        super().__init__(problem)


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
        self._pool: ProcessPoolExecutor | None = None
        self._watch = Watch()
        self._deaths = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(at_once=kind is not None)

    def replicate(self, cells: Sequence["Cell"], replications: Sequence[int], stop: Stop = never) -> Iterator[Run]:
        """Return the runs of every cell for every replication, in that order.

        Parameters
        ----------
        cells : the cells, all run in every replication.
        replications : numbers of the replications.
        stop : read between runs; once true, only runs already finished are still yielded.
        """
        return self.run([(cell, replication) for replication in replications for cell in cells], stop)

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; `stop` as in :meth:`replicate`."""
        if self.workers == 1 and tasks:
            self.compile(tasks[0][0].scenario)
            yield from _here(tasks, stop)
        elif tasks and not stop():
            yield from self._elsewhere(tasks, stop)

    def compile(self, scenario: "Scenario", stop: Stop = never) -> None:
        """Compile what runs of `scenario` need, shared between workers, where this machine has not done so before.

        This process alone compiles when it runs first, and only says so here.
        """
        from experiments.run.compile import COMPILING, halves  # noqa: PLC0415

        parts = halves()
        if parts:
            waiting(COMPILING)
        if self.workers > 1:
            for future in [self._submit(half, scenario) for half in parts]:
                self._await(future, stop)

    def each[Result](
        self, action: Callable[..., Result], items: Sequence[tuple[Any, ...]], lost: Result
    ) -> list[Result]:
        """Return `action` of every item's arguments, one share of the items in this process.

        An exception of one is raised here; `lost` is the result of what a worker that died had in hand.
        """
        self._renew()
        shares = max(min(self.workers, len(items)), 1)
        elsewhere = [self._submit(call_all, action, items[share::shares]) for share in range(1, shares)]
        results = [lost] * len(items)
        results[::shares] = call_all(action, items[::shares])
        for share, future in enumerate(elsewhere, 1):
            with suppress(WorkerError):
                results[share::shares] = self._outcome(future)
        return results

    def map[Item, Result](self, action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return `action` of every item, in their order; an exception of one is raised here, as in :meth:`each`.

        What a worker that died had in hand goes out again, by itself; WorkerError where that ends a worker too.
        """
        if self.workers == 1:
            return [action(item) for item in items]
        self._renew()
        sent = [(item, self._submit(action, item)) for item in items]
        return [self._mapped(action, item, future) for item, future in sent]

    def close(self, at_once: bool = False) -> None:
        """End the workers; those `at_once` in the middle of what they do."""
        if self._pool is not None:
            if at_once:
                end(self._watch.processes)
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _elsewhere(self, tasks: Sequence[Task], stop: Stop) -> Iterator[Run]:
        self.compile(tasks[0][0].scenario, stop)
        line = deque((chunk, self._submit(run_all, chunk)) for chunk in chunks(tasks, self.workers))
        complete = False
        try:
            while line and self._await(line[0][1], stop):
                # Each chunk leaves the line as it is read, so that results already written are not kept.
                chunk, future = line.popleft()
                yield from self._collect(chunk, future, line, stop)
            complete = not stop()
        finally:
            if not complete:
                self.close(at_once=True)

    def _await(self, future: Future[Any], stop: Stop = never) -> bool:
        """Wait until `future` is done, or there is the wish to `stop`; return whether it is."""
        while not future.done() and not stop():
            wait([future], timeout=PATIENCE)
            self._watch.look()
        return future.done()

    def _mapped[Item, Result](self, action: Callable[[Item], Result], item: Item, future: Future[Result]) -> Result:
        try:
            return self._outcome(future)
        except WorkerError:
            self._renew()
            return self._outcome(self._submit(action, item))

    def _outcome[Result](self, future: Future[Result]) -> Result:
        self._await(future)
        try:
            return future.result()
        except BrokenProcessPool as broken:
            raise WorkerError(f"a worker process died{self._watch.cause()}") from broken

    def _collect(self, chunk: Sequence[Task], future: Future[list[Run]], line: deque[Chunk], stop: Stop) -> list[Run]:
        try:
            runs = future.result()
        except BrokenProcessPool:
            runs = [run for task in chunk for run in self._alone(task, stop)]
            self._send_again(line)
            return runs
        self._deaths = 0
        return runs

    def _alone(self, task: Task, stop: Stop) -> list[Run]:
        """Return the run of `task` with nothing next to it, none after the wish to stop."""
        if self._deaths >= DEATHS:
            reason = f"a worker process died{self._watch.cause()}, the last of {DEATHS} in a row: no more are begun"
            return [failed_run(*task, reason)]
        if stop():
            return []
        self._renew()
        future = self._submit(run_all, [task])
        if not self._await(future, stop):
            return []
        try:
            done = future.result()
        except BrokenProcessPool:
            self._deaths += 1
            return [failed_run(*task, f"a worker process died of this run alone{self._watch.cause()}")]
        self._deaths = 0
        return done

    def _send_again(self, line: deque[Chunk]) -> None:
        """Send out again what a broken pool had in hand."""
        if self._deaths >= DEATHS:
            return
        self._renew()
        for place, (chunk, future) in enumerate(line):
            if future.done() and future.exception() is not None:
                line[place] = chunk, self._submit(run_all, chunk)

    def _renew(self) -> None:
        """Let a broken pool be followed by a new one."""
        if self._watch.broken:
            self.close(at_once=True)

    def _submit(self, action: Callable[..., Any], *arguments: Any) -> Future[Any]:
        try:
            with starting():
                if self._pool is None:
                    self._pool = self._begin()
                future = self._pool.submit(action, *arguments)
        except (BrokenProcessPool, OSError, EOFError) as broken:
            future = Future()
            future.set_exception(BrokenProcessPool(str(broken)))
        self._watch.note(future)
        return future

    def _begin(self) -> ProcessPoolExecutor:
        serve(PRELOAD)
        self._watch = Watch()
        return ProcessPoolExecutor(
            self.workers, mp_context=context(PRELOAD), initializer=_begin_worker, initargs=(plug_ins(),)
        )


def _begin_worker(added: Sequence[tuple[str, str, Any]]) -> None:
    follow()
    register(added)


def _here(tasks: Sequence[Task], stop: Stop) -> Iterator[Run]:
    for task in tasks:
        if stop():
            return
        done = breakable(run_cell, *task)
        if done is None:
            return
        yield done
