"""Dask workers: of a cluster on this machine, of any scheduler, or of SLURM jobs.

Nothing is queued on a worker, and one death is enough for Dask to give a chunk back, because the driver itself retries,
splits and singles out (:mod:`experiments.sweep.dispatch`). Workers of a cluster on this machine ignore Ctrl-C, which is
the driver's to handle; a dead one is replaced.
"""

import logging
import multiprocessing
import pickle
import queue
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, WorkerPlugin
from distributed.client import FutureCancelledError
from distributed.utils import get_mp_context

from experiments.sweep.chunk import Job, run_packed
from experiments.sweep.hands import Chunk, Done
from experiments.sweep.problem import FAILED, SweepError

REACH = 10  # s to reach a scheduler
PRELOAD = ["experiments.sweep.preload"]
COUNTED = 2.0  # s for which a count of workers holds
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-saturation": 1.0,
    # What Dask watches and remembers costs a tenth of a core and grows at first; chunks of seconds need none of it.
    "distributed.diagnostics.computations.max-history": 1,
    "distributed.admin.low-level-log-length": 50,
    "distributed.admin.log-length": 50,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "5s",
}
# What SLURM must be told where the user's dask-jobqueue configuration does not.
SLURM = {"cores": 1, "processes": 1, "memory": "2GB"}


class DaskHands:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    client : connected to it.
    job : what chunks share.
    """

    def __init__(self, client: Client, job: Job) -> None:
        self._client, self._job = client, job
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, Chunk] = {}
        self._sent = 0
        self._counted, self._slots = -COUNTED, 1

    def slots(self) -> int:
        """Return the number of threads of all workers there are at present, at least 1."""
        now = time.monotonic()
        if now - self._counted >= COUNTED:
            self._slots = max(1, sum(self._client.nthreads().values()))
            self._counted = now
        return self._slots

    def submit(self, chunk: Chunk) -> None:
        """Send a chunk to any worker."""
        self._sent += 1
        key = f"chunk-{self._sent}"
        self._out[key] = chunk
        future = self._client.submit(run_packed, self._job, pickle.dumps(chunk.tasks), key=key, pure=False)
        future.add_done_callback(self._arrived.put)

    def take(self, patience: float) -> Done | None:
        """Return a chunk that came back.

        Raises
        ------
        SweepError
            If no worker can do the work, or the scheduler is lost.
        """
        try:
            future = self._arrived.get(timeout=patience)
        except queue.Empty:
            self._require_scheduler()
            return None
        chunk = self._out.pop(str(future.key))
        try:
            return Done(chunk, future.result(), None)
        except (FutureCancelledError, ImportError, SweepError) as error:
            raise _fatal(error) from error
        except Exception as error:
            return Done(chunk, None, error)

    def close(self) -> None:
        """Drop what is in hand."""
        self._out.clear()

    def _require_scheduler(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise SweepError(f"the scheduler was lost ({self._client.status}); {KEPT}", FAILED)


KEPT = "what was finished is kept; start again to do the rest"


@contextmanager
def local(workers: int, job: Job) -> Iterator[DaskHands]:
    """Hands of `workers` processes on this machine."""
    with dask.config.set(SETTINGS | _start_method()):
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )  # fmt: skip
        with _closing(cluster), _connected(cluster) as client:
            client.register_plugin(Quiet())
            yield DaskHands(client, job)


@contextmanager
def at(address: str, job: Job) -> Iterator[DaskHands]:
    """Hands of the workers of the scheduler at `address`; raises SweepError where it cannot be reached."""
    with _connected(address) as client:
        yield DaskHands(client, job)


@contextmanager
def slurm(jobs: int, job: Job) -> Iterator[DaskHands]:
    """Hands of `jobs` SLURM jobs; raises SweepError where there is no SLURM or no dask-jobqueue."""
    if find_spec("dask_jobqueue") is None:
        raise SweepError("--slurm: needs the package dask-jobqueue: pip install 'backstop[slurm]'")
    if shutil.which("sbatch") is None:
        raise SweepError("--slurm: there is no sbatch on this machine; start it on a login node, or use --sbatch")
    from dask_jobqueue import SLURMCluster  # noqa: PLC0415

    with dask.config.set(SETTINGS):
        known = dask.config.get("jobqueue.slurm", {})
        missing: dict[str, Any] = {name: value for name, value in SLURM.items() if known.get(name) is None}
        cluster = SLURMCluster(**missing)
        cluster.scale(jobs=jobs)
        with _closing(cluster), _connected(cluster) as client:
            yield DaskHands(client, job)


def _start_method() -> dict[str, str]:
    """Return how workers are started: forked from a server that has imported what they need, where there can be one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return {}
    method = {"distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(method):
        get_mp_context().set_forkserver_preload(PRELOAD)
    return method


class Quiet(WorkerPlugin):
    """Workers that ignore Ctrl-C."""

    name = "backstop"

    def setup(self, worker: Any) -> None:
        """Prepare a worker, also one that replaces a dead one."""
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _connected(place: Any) -> Iterator[Client]:
    try:
        client = Client(place, timeout=REACH, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SweepError(f"--scheduler: {place}: cannot be reached within {REACH} s") from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=REACH)


@contextmanager
def _closing(cluster: Any) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(Exception):
            cluster.close(timeout=REACH)


def _fatal(error: BaseException) -> SweepError:
    if isinstance(error, SweepError):
        return SweepError(error.problems, FAILED)
    if isinstance(error, FutureCancelledError):
        return SweepError(f"the scheduler was lost; {KEPT}", FAILED)
    return SweepError(f"a worker lacks what a run needs: {error}; {KEPT}", FAILED)
