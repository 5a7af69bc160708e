"""Dask workers: of any scheduler, or of SLURM jobs (:mod:`experiments.run.sweep.slurm`).

Nothing is queued on a worker, and one death is enough for Dask to give a chunk back, because the driver itself retries,
splits and singles out (:mod:`experiments.run.dispatch`).
"""

import pickle
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dask
from distributed import Client, Future
from distributed.client import FutureCancelledError
from distributed.deploy import Cluster

from experiments.plan.plan import Task
from experiments.plan.problem import FAILED, SweepError
from experiments.run.executor import KEPT, Chunk, Done
from experiments.run.import_path import SAFE
from experiments.run.sweep.certificate import Certificates
from experiments.run.sweep.chunk import Job, Product, run_chunk

REACH = 10  # s to reach a scheduler
PATIENCE = 120.0  # s without any worker, or any answer of the scheduler, after which a sweep is given up
ASKED = 6  # times within the patience that is asked whether workers are yet to come
COUNTED = 2.0  # s for which a count of workers holds
ENVIRONMENT = {**dask.config.get("distributed.nanny.pre-spawn-environ"), **SAFE}
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.nanny.pre-spawn-environ": ENVIRONMENT,
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
NONE = Certificates()


class DaskExecutor:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    client : connected to it.
    job : what chunks share.
    patience : s without any worker, or any answer, after which LostError is raised.
    awaited : says whether workers are yet to come, for whom the patience begins only then; asked where there are none.
    """

    def __init__(
        self, client: Client, job: Job, patience: float = PATIENCE, awaited: Callable[[], bool] = lambda: False
    ) -> None:
        self._client, self._job, self._patience, self._awaited = client, job, patience, awaited
        self._well = self._asked = time.monotonic()
        self._arrived: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, Chunk[Task]] = {}
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

    def submit(self, chunk: Chunk[Task]) -> None:
        """Send a chunk to any worker."""
        self._sent += 1
        key = f"chunk-{self._sent}"
        self._out[key] = chunk
        future = self._client.submit(run_packed, self._job, pickle.dumps(chunk.tasks), key=key, pure=False)
        future.add_done_callback(self._arrived.put)

    def take(self, patience: float) -> Done[Task, Product] | None:
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
        if not self._silent:
            self._ask()
        if time.monotonic() - self._well > self._patience:
            what = "the scheduler has not answered" if self._silent else "there has been no worker"
            raise LostError(f"{what} for {self._patience:.0f} s")

    def _ask(self) -> None:
        """Where there has been no worker for a while, ask now and then whether any are yet to come."""
        if time.monotonic() - max(self._well, self._asked) > self._patience / ASKED:
            awaited, self._asked = self._awaited(), time.monotonic()
            self._well = self._asked if awaited else self._well


def run_packed(work: Job, packed: bytes) -> Product:
    """Run pickled tasks: the last few dozen messages stay in a scheduler's memory, where bytes are small."""
    return run_chunk(work, pickle.loads(packed))


class LostError(SweepError):
    """Nobody is left who could do the work."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; {KEPT}", FAILED)


@contextmanager
def at(address: str, job: Job, certificates: Certificates = NONE) -> Iterator[DaskExecutor]:
    """Return an executor of the workers of the scheduler at `address`; raises SweepError where it cannot be reached."""
    with connected(address, certificates) as client:
        yield DaskExecutor(client, job)


@contextmanager
def connected(place: str | Cluster, certificates: Certificates = NONE) -> Iterator[Client]:
    """Let a client talk to the scheduler at `place`; raises SweepError where it cannot be reached."""
    try:
        client = Client(place, timeout=REACH, set_as_default=False, security=certificates.security())
    except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise SweepError(f"--scheduler: {place}: cannot be reached within {REACH} s") from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=REACH)


@contextmanager
def closing(cluster: Cluster) -> Iterator[None]:
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
