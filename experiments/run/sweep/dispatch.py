"""Handing out chunks until every missing run is done.

As many chunks are out as there are workers, so a worker that dies takes one chunk with it and the driver holds no more
results than that. A chunk whose worker died goes out once more; dies it again, it is split, again and again, until the
offending run is alone. Such a run waits until all else is done and then goes out with nothing next to it: an innocent
run that a neighbour took along is thereby cleared, and only what kills a worker all by itself is recorded as failed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

from experiments.plan.plan import Task
from experiments.results.sweep.store import Store
from experiments.run.sweep.chunk import Job, Product, failed_chunk
from experiments.run.sweep.chunk_size import ChunkSize
from experiments.run.sweep.executor import Chunk, ChunkExecutor, Done

PATIENCE = 0.2  # s between two looks at the wish to stop
FAILURES_TOLD = 1_000  # failed runs remembered at most


class Listener(Protocol):
    """Who is told how far it has come."""

    def advance(self, runs: int) -> None:
        """So many more runs are done."""

    def say(self, line: str) -> None:
        """Something happened that the user should know."""


class Dispatch:
    """The driver's loop.

    Parameters
    ----------
    job : what chunks share.
    tasks : the missing runs, in any order.
    missing : their number.
    executor : who runs them.
    store : where parts go.
    listener : who is told.
    """

    def __init__(
        self, job: Job, tasks: Iterator[Task], missing: int, executor: ChunkExecutor, store: Store, listener: Listener
    ) -> None:
        self._job, self._tasks, self._left, self._missing = job, tasks, missing, missing
        self._executor, self._store, self._listener = executor, store, listener
        self._chunk_size = ChunkSize()
        self._again: deque[Chunk] = deque()
        self._suspects: deque[Chunk] = deque()
        self._out = 0
        self._alone = False
        self.finished = 0
        self.failures: list[tuple[int, str]] = []
        self.failed = 0

    def run(self, stop: Callable[[], bool]) -> bool:
        """Work until all is done or there is the wish to `stop`; return whether all was done."""
        self._fill()
        while self._out and not stop():
            done = self._executor.take(PATIENCE)
            if done:
                self._out -= 1
                self._come_back(done)
            self._fill()
        return self.finished == self._missing

    def _fill(self) -> None:
        while not self._alone and self._out < self._executor.slots():
            chunk = self._next()
            if chunk is None:
                return
            self._out += 1
            self._executor.submit(chunk)

    def _next(self) -> Chunk | None:
        if self._again:
            return self._again.popleft()
        tasks = tuple(islice(self._tasks, self._chunk_size.size(self._left, self._executor.slots())))
        if tasks:
            self._left -= len(tasks)
            return Chunk(tasks)
        if self._suspects and not self._out:
            self._alone = True
            return self._suspects.popleft()
        return None

    def _come_back(self, done: Done) -> None:
        alone, self._alone = self._alone, False
        if done.product is not None:
            self._chunk_size.learn(done.product.seconds)
            # Idle workers first, then the disk.
            if not alone:
                self._fill()
            self._keep(done.chunk, done.product)
        else:
            self._retry(done.chunk, done.error, alone)

    def _retry(self, chunk: Chunk, error: BaseException | None, alone: bool) -> None:
        tasks = chunk.tasks
        if alone:
            reason = f"the worker died while it ran this run alone\n{type(error).__name__}: {error}"
            self._keep(chunk, failed_chunk(self._job, tasks[0], reason))
        elif len(tasks) == 1 and chunk.deaths:
            self._suspects.append(chunk)
        elif not chunk.deaths:
            self._again.append(Chunk(tasks, 1))
        else:
            self._listener.say(f"a worker died again of the same {len(tasks)} runs; they are split")
            half = len(tasks) // 2
            self._again.extend((Chunk(tasks[:half], 1), Chunk(tasks[half:], 1)))

    def _keep(self, chunk: Chunk, product: Product) -> None:
        self._store.commit(chunk.tasks[0].run, product.runs, product.series)
        self.finished += product.number
        self.failed += len(product.failures)
        self.failures += product.failures[: max(0, FAILURES_TOLD - len(self.failures))]
        self._listener.advance(product.number)
