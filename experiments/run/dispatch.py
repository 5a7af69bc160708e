"""The one loop that hands out chunks until every task is done, whoever does them.

As many chunks are out as the executor takes, so a worker that dies takes one chunk with it and the driver holds few
results. A chunk whose worker died goes out once more; dies it again, it is split, again and again, until the offending
task is alone. Such a task waits until nothing else is out and then goes out with nothing next to it: an innocent task
that a neighbour took along is thereby cleared, and only what kills a worker all by itself has failed. Where workers die
one after the other of tasks alone and none has ever done anything, nobody is left who could.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from experiments.run.executor import Chunk, Done, Executor, Stop, WorkerError, never

PATIENCE = 0.2  # s between two looks at the wish to stop
DEATHS = 3  # workers that die of a task alone before it is told that none can live
AHEAD = 4  # chunks for each slot that wait for the turn of their tasks, at most


class Sizes[Product](Protocol):
    """How many tasks a chunk holds."""

    def size(self, left: int, workers: int) -> int:
        """Return the number of tasks of the next chunk, where `left` are left for `workers`."""

    def learn(self, product: Product) -> None:
        """Take in what a chunk took."""


class EqualSize:
    """Chunks of one size."""

    def __init__(self, number: int = 1) -> None:
        self._number = number

    def size(self, left: int, workers: int) -> int:
        """Return the size."""
        return self._number

    def learn(self, product: object) -> None:
        """Do nothing."""


class Dispatch[T, Product]:
    """The driver's loop.

    Parameters
    ----------
    tasks : what is to be done.
    number : of them.
    executor : who does it.
    sizes : of chunks.
    failed : makes the product of a task that no worker survived, given why.
    say : told what the user should know.
    """

    def __init__(
        self, tasks: Iterable[T], number: int, executor: Executor[T, Product], sizes: Sizes[Product],
        failed: Callable[[T, str], Product], say: Callable[[str], None] = lambda line: None,
    ) -> None:  # fmt: skip
        self._tasks, self._number, self._given = iter(tasks), number, 0
        self._executor, self._sizes, self._failed, self._say = executor, sizes, failed, say
        self._again: deque[Chunk[T]] = deque()
        self._suspects: deque[Chunk[T]] = deque()
        self._out = self._waiting = self._deaths = 0
        self._alone = self._any = False

    def completed(self, stop: Stop = never) -> Iterator[tuple[Chunk[T], Product]]:
        """Yield chunks and their products as they are completed, until all are or there is the wish to `stop`."""
        self._fill()
        while self._out and not stop():
            done = self._executor.take(PATIENCE)
            if done:
                self._out -= 1
                yield from self._come_back(done)
            self._fill()

    def in_order(self, stop: Stop = never) -> Iterator[Product]:
        """Yield the products in the order of the tasks, as :meth:`completed`."""
        held, turn = {}, 0
        for chunk, product in self.completed(stop):
            held[chunk.first] = len(chunk.tasks), product
            while turn in held:
                size, due = held.pop(turn)
                turn += size
                yield due
            self._waiting = len(held)

    def _fill(self) -> None:
        while not self._alone and self._out < self._executor.slots():
            chunk = self._next()
            if chunk is None:
                return
            self._out += 1
            self._executor.submit(chunk)

    def _next(self) -> Chunk[T] | None:
        if self._again:
            return self._again.popleft()
        slots = self._executor.slots()
        if self._waiting < AHEAD * slots:
            first = self._given
            tasks = tuple(islice(self._tasks, self._sizes.size(self._number - first, slots)))
            self._given += len(tasks)
            if tasks:
                return Chunk(tasks, first)
        if self._suspects and not self._out:
            self._alone = True
            return self._suspects.popleft()
        return None

    def _come_back(self, done: Done[T, Product]) -> Iterator[tuple[Chunk[T], Product]]:
        alone, self._alone = self._alone, False
        if done.product is not None:
            self._any, self._deaths = True, 0
            self._sizes.learn(done.product)
            self._fill()  # idle workers first, then who waits for the product
            yield done.chunk, done.product
        elif alone:
            yield done.chunk, self._lost(done.chunk.tasks[0], done.error)
        else:
            self._retry(done.chunk)

    def _lost(self, task: T, error: BaseException | None) -> Product:
        """Return the product of a task that ended a worker all by itself."""
        self._deaths += 1
        if self._deaths >= DEATHS and not self._any:
            reason = f"a worker process died, the last of {DEATHS} in a row: no more are begun"
            raise WorkerError(f"{reason} ({error})")
        return self._failed(task, f"a worker process died of this run alone: {type(error).__name__}: {error}")

    def _retry(self, chunk: Chunk[T]) -> None:
        tasks, first, deaths = chunk
        if len(tasks) == 1 and deaths:
            self._suspects.append(chunk)
        elif not deaths:
            self._again.append(Chunk(tasks, first, 1))
        else:
            self._say(f"a worker died again of the same {len(tasks)} runs; they are split")
            half = len(tasks) // 2
            self._again.extend((Chunk(tasks[:half], first, 1), Chunk(tasks[half:], first + half, 1)))
