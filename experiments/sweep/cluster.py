"""Dask workers: of a cluster on this machine, of any scheduler, or of SLURM jobs.

Nothing is queued on a worker, and one death is enough for Dask to give a chunk back, because the driver itself retries,
splits and singles out (:mod:`experiments.sweep.dispatch`). Workers of a cluster on this machine ignore Ctrl-C, which is
the driver's to handle; a dead one is replaced.
"""

import pickle
import queue
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any

import dask
from distributed import Client, Future
from distributed.client import FutureCancelledError

from experiments.place import SAFE
from experiments.sweep.chunk import Job, run_packed
from experiments.sweep.hands import Chunk, Done
from experiments.sweep.problem import FAILED, SweepError

REACH = 10  # s to reach a scheduler
START = 60.0  # s for which the first worker on this machine is waited for
PATIENCE = 120.0  # s without any worker, or any answer of the scheduler, after which a sweep is given up
RENEWALS = 3  # times in a row that workers on this machine are all begun anew with nothing done in between
PRELOAD = ["backstop_command", "experiments.sweep.preload"]
COUNTED = 2.0  # s for which a count of workers holds
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    # Dask forgets a worker that is not back in time, and then nobody starts it: on a busy machine 15 s are too few.
    "distributed.deploy.lost-worker-timeout": "1h",
    "distributed.nanny.pre-spawn-environ": {**dask.config.get("distributed.nanny.pre-spawn-environ"), **SAFE},
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
    patience : s without any worker, or any answer, after which LostError is raised.
    """

    def __init__(self, client: Client, job: Job, patience: float = PATIENCE) -> None:
        self._client, self._job, self._patience = client, job, patience
        self._well = time.monotonic()
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, Chunk] = {}
        self._sent = 0
        self._counted, self._slots, self._silent = -COUNTED, 1, False

    def slots(self) -> int:
        """Return the number of threads of all workers there are at present, at least 1."""
        now = time.monotonic()
        if now - self._counted >= COUNTED:
            self._slots = max(1, self._threads())
            self._counted = time.monotonic()
        return self._slots

    def _threads(self) -> int:
        """Return the number of threads of all workers, 0 where the scheduler does not answer either."""
        try:
            scheduler: Any = self._client.scheduler
            threads = sum(self._client.sync(scheduler.ncores, callback_timeout=REACH).values())
        except (OSError, TimeoutError, RuntimeError):
            self._silent = True
            return 0
        self._silent = False
        self._well = time.monotonic() if threads else self._well
        return int(threads)

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
            self._require_workers()
            return None
        self._well = time.monotonic()
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
            raise LostError(f"the scheduler was lost ({self._client.status})")

    def _require_workers(self) -> None:
        self.slots()
        if time.monotonic() - self._well > self._patience:
            what = "the scheduler has not answered" if self._silent else "there has been no worker"
            raise LostError(f"{what} for {self._patience:.0f} s")


KEPT = "what was finished is kept; start again to do the rest"


class LostError(SweepError):
    """Nobody is left who could do the work."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; {KEPT}", FAILED)


@contextmanager
def at(address: str, job: Job) -> Iterator[DaskHands]:
    """Hands of the workers of the scheduler at `address`; raises SweepError where it cannot be reached."""
    with connected(address) as client:
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
        with closing(cluster), connected(cluster) as client:
            yield DaskHands(client, job)


@contextmanager
def connected(place: Any) -> Iterator[Client]:
    """Let a client talk to the scheduler at `place`; raises SweepError where it cannot be reached."""
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
def closing(cluster: Any) -> Iterator[None]:
    """Close `cluster` at the end, come what may."""
    try:
        yield
    finally:
        with suppress(Exception):
            cluster.close(timeout=REACH)


def _fatal(error: BaseException) -> SweepError:
    if isinstance(error, SweepError):
        return SweepError(error.problems, FAILED)
    if isinstance(error, FutureCancelledError):
        return LostError("the scheduler was lost")
    return SweepError(f"a worker lacks what a run needs: {error}; {KEPT}", FAILED)
