"""A sweep from plan to parts: enter the folder, lock it, find what is missing, hand it out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.plan.plan import Plan, Task
from experiments.plan.problem import FAILED, SweepError, named
from experiments.plan.shard import Shard
from experiments.results.sweep.folder import enter
from experiments.results.sweep.lock import Lock
from experiments.results.sweep.rebuild import plan_identities
from experiments.results.sweep.retry import carry_on, forget_failures
from experiments.results.sweep.store import Found, Store
from experiments.run.dispatch import Dispatch
from experiments.run.executor import KEPT, Executor, InProcess, WorkerError
from experiments.run.processes import Processes
from experiments.run.progress import Progress
from experiments.run.sweep.certificate import Certificates
from experiments.run.sweep.chunk import Job, Product, failed_chunk, job, run_chunk
from experiments.run.sweep.chunk_size import ChunkSize

PRELOAD = ["backstop_command", "experiments.run.sweep.preload"]
FAILURES_TOLD = 1_000  # failed runs remembered at most

type OpenExecutor = Callable[[Job], AbstractContextManager[Executor[Task, Product]]]


class Where(NamedTuple):
    """Where chunks are run: in this process, by `workers` here, at the scheduler `address`, or as SLURM jobs."""

    workers: int = 1
    address: str | None = None
    slurm: bool = False
    certificates: Certificates = Certificates()

    def open(self, work: Job) -> AbstractContextManager[Executor[Task, Product]]:
        """Return the executor of a job, a context that closes it."""
        if self.address is None and self.workers == 1 and not self.slurm:
            return InProcess(partial(run_chunk, work))
        if self.address is not None:
            from experiments.run.sweep.dask_cluster import at  # noqa: PLC0415

            return at(self.address, work, self.certificates)
        if self.slurm:
            from experiments.run.sweep.slurm import slurm  # noqa: PLC0415

            return slurm(self.workers, work, self.certificates)
        return Processes(self.workers, partial(run_chunk, work), PRELOAD)


class Outcome(NamedTuple):
    """What came of a sweep.

    Attributes
    ----------
    total, before, finished, failed : runs of the sweep or shard; of these found done, done now, and failed now.
    failures : number and error of runs that failed now, the first thousand.
    complete : whether none is missing any more.
    failed_before : runs found failed, which count as done.
    stopped : exit code that says who stopped it, 0 for nobody.
    """

    total: int
    before: int
    finished: int
    failed: int
    failures: tuple[tuple[int, str], ...]
    complete: bool
    failed_before: int = 0
    stopped: int = 0


def sweep(
    plan: Plan,
    folder: Path,
    origin: str = "plan",
    shard: Shard = Shard(),  # noqa: B008
    open_executor: OpenExecutor = Where().open,  # noqa: B008
    stop: Callable[[], bool] = lambda: False,
    quiet: bool = False,
    retry: bool = False,
) -> Outcome:
    """Do what is missing of `plan` in `folder`.

    Parameters
    ----------
    plan : a plan that was read.
    folder : where its results are, or will be.
    origin : what to call the plan in problems.
    shard : the share to do.
    open_executor : called with the job, returns a context with the executor that does it.
    stop : read between chunks.
    quiet : tell no progress.
    retry : whether runs found failed are done again.

    Raises
    ------
    SweepError
        If it cannot be begun or cannot go on; what is finished is kept.
    """
    lines = enter(folder, plan, origin)
    with Lock(folder, shard):
        store = Store(folder, shard)
        found = _found(store, plan.runs, retry)
        total = shard.size(plan.runs)
        before = int(np.count_nonzero(found.done[shard.place - 1 :: shard.number]))
        with Progress(total, quiet, before) as progress:
            for line in (*lines, *found.lines):
                progress.say(line)
            outcome = _work(plan, store, found.done, progress, open_executor, stop)
            return outcome._replace(failed_before=found.failed)


def _found(store: Store, runs: int, retry: bool) -> Found:
    try:
        lines = forget_failures(store) if retry else carry_on(store)
        identities = plan_identities(store.folder)
    except (OSError, pa.ArrowException) as error:
        reason = named(error) if isinstance(error, OSError) else str(error).splitlines()[0]
        raise SweepError(f"{store.folder}: {reason}", FAILED) from error
    found = store.done(runs, identities)
    return found._replace(lines=[*lines, *found.lines])


def _work(
    plan: Plan,
    store: Store,
    done: NDArray[np.bool_],
    progress: Progress,
    open_executor: OpenExecutor,
    stop: Callable[[], bool],
) -> Outcome:
    before = progress.found
    if before == progress.total:
        return Outcome(before, before, 0, 0, (), True)
    work, finished, failures = job(plan), 0, list[tuple[int, str]]()
    tasks, number, failed = _missing(plan, store.shard, done), progress.total - before, partial(failed_chunk, work)
    with open_executor(work) as executor:
        try:
            for chunk, product in Dispatch(tasks, number, executor, ChunkSize(), failed, progress.say).completed(stop):
                store.commit(chunk.tasks[0].run, product.runs, product.series)
                finished += product.number
                failures += product.failures
                progress.advance(product.number)
        except (WorkerError, ImportError) as error:
            what = "a worker lacks what a run needs: " if isinstance(error, ImportError) else ""
            raise SweepError(f"{what}{error}; {KEPT}", FAILED) from error
    told = tuple(failures[:FAILURES_TOLD])
    return Outcome(progress.total, before, finished, len(failures), told, finished == number)


def _missing(plan: Plan, shard: Shard, done: NDArray[np.bool_]) -> Iterator[Task]:
    return (plan.task(run) for run in range(shard.place - 1, plan.runs, shard.number) if not done[run])
