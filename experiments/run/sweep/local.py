"""Dask workers on this machine, begun again where all of them are lost.

A dead worker is replaced. Where none comes up, where the scheduler or what drives it is dead, scheduler and workers are
begun again and get again what was in hand; where that helps several times in a row to nothing, the sweep ends. Workers
ignore Ctrl-C, which is the driver's to handle, and end with it.
"""

import logging
import multiprocessing
import signal
import time
from contextlib import ExitStack, suppress
from typing import Any, Self

import dask
from distributed import LocalCluster, Worker, WorkerPlugin
from distributed.utils import get_mp_context

from experiments.plan.problem import FAILED, SweepError
from experiments.run.import_path import environment_kept
from experiments.run.interrupt import wished
from experiments.run.process import end, serve, stopped
from experiments.run.sweep.chunk import Job
from experiments.run.sweep.dask_cluster import (
    ENVIRONMENT,
    KEPT,
    PRELOAD,
    RENEWALS,
    SETTINGS,
    START,
    DaskExecutor,
    LostError,
    connected,
)
from experiments.run.sweep.executor import Chunk, Done

CLOSE = 2.0  # s for scheduler and workers to end by themselves
GLANCE = 0.3  # s between two looks at the wish to stop while none is up
LEFT = ("PYTHONHASHSEED", "DASK_PARENT", "__DASK_PARENT_PID")  # which Dask sets by itself
OFTEN = 5.0  # s between two looks for workers that somebody stopped


class Local:
    """Return an executor of `workers` processes on this machine; shuts them down on exit from the context."""

    def __init__(self, workers: int, job: Job) -> None:
        self._workers, self._job = workers, job
        self._strangers = set(multiprocessing.active_children())
        self._out: dict[int, Chunk] = {}
        self._renewals, self._looked = 0, time.monotonic()
        self._still: set[Any] = set()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._held.enter_context(dask.config.set(SETTINGS | _start_method()))
            # Dask leaves in this process what it sets for its workers.
            self._held.enter_context(environment_kept((*ENVIRONMENT, *LEFT)))
            self._opened = ExitStack()
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._end()
        self._held.close()

    def slots(self) -> int:
        """Return the number of workers there are at present, at least 1."""
        return self._executor.slots()

    def submit(self, chunk: Chunk) -> None:
        """Send a chunk to any worker."""
        self._out[chunk.tasks[0].run] = chunk
        try:
            self._executor.submit(chunk)
        except LostError as lost:
            self._renew(lost)

    def take(self, patience: float) -> Done | None:
        """Return a chunk that came back; where nobody is left to do it, begin again."""
        self._look()
        try:
            done = self._executor.take(patience)
        except LostError as lost:
            self._renew(lost)
            return None
        if done is not None:
            del self._out[done.chunk.tasks[0].run]
            self._renewals = 0
        return done

    def close(self) -> None:
        """Drop what is in hand."""
        self._out.clear()

    def _begin(self) -> None:
        """Start scheduler and workers, and wait for the first of them."""
        try:
            serve(PRELOAD)
            self._cluster = LocalCluster(
                n_workers=0, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
            self._client = self._opened.enter_context(connected(self._cluster))
            self._client.register_plugin(Quiet())
            self._executor = DaskExecutor(self._client, self._job, START)
            self._cluster.scale(self._workers)
            self._await_worker()
        except (OSError, RuntimeError, TimeoutError) as error:
            raise SweepError(f"no worker can be started on this machine: {error}; {KEPT}", FAILED) from error

    def _await_worker(self) -> None:
        """Wait until the first worker is there, START s, or nobody wants it any more."""
        late = time.monotonic() + START
        while not wished() and time.monotonic() < late:
            with suppress(TimeoutError, OSError):
                self._client.wait_for_workers(1, timeout=GLANCE)
                return

    def _renew(self, lost: LostError) -> None:
        """Begin again with what is in hand."""
        self._renewals += 1
        if self._renewals > RENEWALS:
            raise SweepError(f"{lost.reason}, and {RENEWALS} times all workers were begun again; {KEPT}", FAILED)
        self._end()
        self._begin()
        for chunk in self._out.values():
            self._executor.submit(chunk)

    def _end(self) -> None:
        """End the workers at once, then what drives them."""
        cluster = getattr(self, "_cluster", None)
        for nanny in list(cluster.workers.values()) if cluster else ():
            nanny.auto_restart = False
        end(self._mine())
        with suppress(Exception):
            self._opened.close()
        if cluster:
            with suppress(Exception):
                cluster.close(timeout=CLOSE)
        end(self._mine())

    def _look(self) -> None:
        """End workers that somebody stopped, at the second look that finds them so; they are replaced."""
        if time.monotonic() - self._looked >= OFTEN:
            self._looked = time.monotonic()
            still = stopped(self._mine())
            end(still & self._still)
            self._still = still

    def _mine(self) -> set[Any]:
        return set(multiprocessing.active_children()) - self._strangers


class Quiet(WorkerPlugin):
    """Workers that ignore Ctrl-C."""

    name = "backstop"

    def setup(self, worker: Worker) -> None:
        """Prepare a worker, also one that replaces a dead one."""
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _start_method() -> dict[str, str]:
    """Return how workers are started: forked from a server that has imported what they need, where there can be one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {}
    method = {"distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(method):
        get_mp_context().set_forkserver_preload(PRELOAD)
    return method
