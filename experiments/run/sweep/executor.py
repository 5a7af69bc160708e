"""Who runs chunks: executors that take work and give it back in the order in which it is done."""

from typing import Any, NamedTuple, Protocol

from experiments.plan.plan import Task
from experiments.run.interrupt import breakable
from experiments.run.sweep.chunk import Job, Product, run_chunk


class Chunk(NamedTuple):
    """Runs that go out together; `deaths` counts the workers that died of it."""

    tasks: tuple[Task, ...]
    deaths: int = 0


class Done(NamedTuple):
    """A chunk that came back: its product, or the exception of a worker that did not survive it."""

    chunk: Chunk
    product: Product | None
    error: BaseException | None


class ChunkExecutor(Protocol):
    """Takes chunks and gives back what came of them."""

    def slots(self) -> int:
        """Return how many chunks it can work on at once, at least 1."""

    def submit(self, chunk: Chunk) -> None:
        """Take a chunk."""

    def take(self, patience: float) -> Done | None:
        """Return a chunk that is done, or None after `patience` seconds."""

    def close(self) -> None:
        """Drop what is in hand and let the workers go."""


class InProcess:
    """The driver's own process."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._waiting: list[Chunk] = []

    def slots(self) -> int:
        """Return 1."""
        return 1

    def submit(self, chunk: Chunk) -> None:
        """Keep the chunk until :meth:`take` runs it."""
        self._waiting.append(chunk)

    def take(self, patience: float) -> Done | None:
        """Run the chunk now, however long it takes; None where Ctrl-C broke it off."""
        chunk = self._waiting.pop()
        product = breakable(run_chunk, self._job, chunk.tasks)
        return product and Done(chunk, product, None)

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()
