"""Who works: what every executor offers, and this process as the simplest of them.

An executor takes chunks of tasks and gives back what came of each, in the order in which they are completed. There are
three: this process, processes next to it (:mod:`experiments.run.process_pool`) and the workers of a Dask scheduler
(:mod:`experiments.run.sweep.dask_cluster`). One loop serves all of them (:mod:`experiments.run.dispatch`). A study sees
none of that: it hands over tasks and reads runs in their order, from a :class:`RunSource`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from experiments.results.run import Run
from experiments.run.interrupt import breakable
from experiments.run.run import Task

if TYPE_CHECKING:
    from experiments.plan.arrangement import Arrangement

KEPT = "what was finished is kept; start again to do the rest"

type Stop = Callable[[], bool]


def never() -> bool:
    """Return that nobody wishes to stop."""
    return False


class WorkerError(RuntimeError):
    """Workers that cannot do what was asked of them; `problems` holds one line."""

    def __init__(self, problem: str) -> None:
        self.problems, self.code = [problem], 1
        super().__init__(problem)


class Chunk[T](NamedTuple):
    """Tasks that go out together; `first` is the place of the first, `deaths` counts the workers that died of them."""

    tasks: tuple[T, ...]
    first: int
    deaths: int = 0


class Done[T, Product](NamedTuple):
    """A chunk that came back: its product, or the exception of a worker that did not survive it."""

    chunk: Chunk[T]
    product: Product | None
    error: BaseException | None


class Executor[T, Product](Protocol):
    """Takes chunks and gives back what came of them."""

    def slots(self) -> int:
        """Return how many chunks it takes at once, at least 1."""

    def submit(self, chunk: Chunk[T]) -> None:
        """Take a chunk."""

    def take(self, patience: float) -> Done[T, Product] | None:
        """Return a chunk that is completed, or None after `patience` seconds."""

    def close(self) -> None:
        """Drop what is in hand and let the workers go."""


class RunSource(Protocol):
    """Makes runs, and gives them back in the order in which they were asked for."""

    def run(self, tasks: Sequence[Task], stop: Stop = never) -> Iterator[Run]:
        """Yield the runs of `tasks` in their order; once `stop` is true, only those already finished."""

    def replicate(
        self, arrangements: Sequence["Arrangement"], replications: Sequence[int], stop: Stop = never
    ) -> Iterator[Run]:
        """Yield the runs of every arrangement for every replication, in that order; `stop` as in :meth:`run`."""


class InProcess[T, Product]:
    """The driver itself, which makes of a chunk what `work` makes of its tasks."""

    def __init__(self, work: Callable[[tuple[T, ...]], Product]) -> None:
        self._work = work
        self._waiting: list[Chunk[T]] = []

    def slots(self) -> int:
        """Return 1."""
        return 1

    def submit(self, chunk: Chunk[T]) -> None:
        """Keep the chunk until :meth:`take` does it."""
        self._waiting.append(chunk)

    def take(self, patience: float) -> Done[T, Product] | None:
        """Do the chunk now, however long it takes; None where Ctrl-C broke it off."""
        chunk = self._waiting.pop()
        product = breakable(self._work, chunk.tasks)
        return None if product is None else Done(chunk, product, None)

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
