"""Worker processes as an executor: each is known by what it has in hand, and replaced when it dies.

A thread of this process talks to each worker through a pipe of its own. A worker that ends, however it ends, closes its
end; so its death is known at once, and of which chunk it died. One that somebody stopped is ended after a while. What
is not yet begun belongs to no worker: whoever is free takes it.
"""

import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from experiments.plan.plug_in import plug_ins, register
from experiments.run.executor import Chunk, Done
from experiments.run.process import cause, context, end, follow, serve, starting, stopped

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PRELOAD = ["backstop_command", "experiments.run.preload"]
QUEUED = 2  # chunks taken for each worker: one in hand, and one that is ready when that is done
GRACE = 5.0  # s after which a worker that somebody stopped is ended
OFTEN = 2.0  # s between two looks
STARTING = threading.Lock()  # what is set for processes that are started is set for all threads

type Order = tuple[Callable[..., Any], Chunk[Any]]


class DiedError(RuntimeError):
    """A worker process ended in the middle of what it did."""


class Processes[T, Product]:
    """Processes on this machine, begun when there is something to do; ended on exit from the context.

    Parameters
    ----------
    number : of processes.
    work : makes the product of a chunk's tasks.
    preload : modules that the server of the workers imports once.
    """

    def __init__(self, number: int, work: Callable[[tuple[T, ...]], Product], preload: Sequence[str] = PRELOAD) -> None:
        self.number, self.work, self._preload = number, work, preload
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._arrived: SimpleQueue[Done[T, Product]] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._well = self._looked = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close(at_once=True)

    def slots(self) -> int:
        """Return the number of chunks that keep every process busy."""
        return QUEUED * self.number

    def submit(self, chunk: Chunk[T]) -> None:
        """Let any process do the chunk."""
        if not self._workers:
            serve(self._preload)
            self._workers = [_Worker(self._orders, self._arrived, self._preload) for _ in range(self.number)]
        self._orders.put((self.work, chunk))

    def take(self, patience: float) -> Done[T, Product] | None:
        """Return a chunk that is completed; what its work raised is raised here."""
        self._look()
        try:
            done = self._arrived.get(timeout=patience)
        except Empty:
            return None
        if done.error is not None and not isinstance(done.error, DiedError):
            raise done.error
        return done

    def close(self, at_once: bool = False) -> None:
        """End the processes; those `at_once` in the middle of what they do."""
        workers, self._workers = self._workers, []
        for _ in workers:
            self._orders.put(None)
        for worker in workers:
            worker.end(at_once)
        self._orders, self._arrived = SimpleQueue(), SimpleQueue()

    def _look(self) -> None:
        """Look now and then for workers that somebody stopped, and end them where they stay so."""
        now = time.monotonic()
        if now - self._looked < OFTEN:
            return
        self._looked = now
        still = stopped([worker.process for worker in self._workers if worker.process is not None])
        if not still:
            self._well = now
        elif now - self._well > GRACE:
            end(still)


class _Worker(threading.Thread):
    """The thread that talks to one process, which it begins, and begins again after it died."""

    def __init__(self, orders: SimpleQueue[Order | None], arrived: SimpleQueue[Any], preload: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._orders, self._arrived, self._preload = orders, arrived, preload
        self.process: Any = None
        self._pipe: Connection | None = None
        self._over = False
        self.start()

    def run(self) -> None:
        """Pass on orders and what came of them until there are no more."""
        while (order := self._orders.get()) is not None and not self._over:
            work, chunk = order
            self._arrived.put(Done(chunk, *self._asked(work, chunk.tasks)))
        self._let_go()

    def end(self, at_once: bool) -> None:
        """Wait until the process has ended, which `at_once` it is made to."""
        if at_once:
            self._over = True
            with STARTING:  # whoever is being begun is begun
                end([self.process] if self.process is not None else [])
        self.join()

    def _asked(self, work: Callable[..., Any], tasks: tuple[Any, ...]) -> tuple[Any, BaseException | None]:
        """Return the product of `tasks`, or why there is none."""
        try:
            message = pickle.dumps((work, tasks))
        except Exception as error:  # whoever waits for the product is told
            return None, error
        try:
            if self._pipe is None:
                self._pipe = self._begin()
            self._pipe.send_bytes(message)
            answer: tuple[Any, BaseException | None] = self._pipe.recv()
            return answer
        except (EOFError, OSError) as broken:
            return None, DiedError(self._let_go() or str(broken) or "its end is not known")

    def _begin(self) -> "Connection":
        here, there = multiprocessing.Pipe()
        with STARTING, starting():
            if self._over:
                raise EOFError("no longer wanted")
            chosen: Any = context(self._preload)
            self.process = chosen.Process(target=_serve, args=(there, plug_ins()), daemon=True)
            self.process.start()
        there.close()
        return here

    def _let_go(self) -> str:
        """Close the pipe, see the process end, and return what is known of its end."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        process, self.process = self.process, None
        if process is None:
            return ""
        process.join(GRACE)
        end([process])
        process.join()
        return cause([process])


def _serve(pipe: "Connection", added: Sequence[tuple[str, str, Any]]) -> None:
    """Be a worker until nobody is at the other end."""
    follow()
    register(added)
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(message: bytes) -> bytes:
    """Return the product of a message, or what it raised, as bytes."""
    try:
        work, tasks = pickle.loads(message)
        return pickle.dumps((work(tasks), None))
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            error = RuntimeError(f"{type(error).__name__}: {error}")
        return pickle.dumps((None, error))
