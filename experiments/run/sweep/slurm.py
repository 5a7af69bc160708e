"""Workers that are SLURM jobs, begun by dask-jobqueue, and how long they are waited for.

A job may wait hours in the queue before its worker lives. While the queue says that one of the jobs is yet to begin,
nobody is taken for dead, however long it lasts; when none is, the patience with any other scheduler holds. A queue
that does not answer says nothing, and is asked again within that patience.
"""

import shutil
import subprocess
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol

import dask

from experiments.plan.problem import SweepError
from experiments.run.sweep.certificate import TLS, Certificates
from experiments.run.sweep.chunk import Job
from experiments.run.sweep.dask_cluster import NONE, SETTINGS, DaskExecutor, closing, connected

# What SLURM must be told where the user's dask-jobqueue configuration does not.
SLURM = {"cores": 1, "processes": 1, "memory": "2GB"}
YET_TO_BEGIN = frozenset(
    {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SUSPENDED", "RESV_DEL_HOLD"}
)
ANSWER = 20  # s for which the queue's answer is waited for


class Cluster(Protocol):
    """What is asked of a cluster of jobs, as dask-jobqueue makes them."""

    workers: Mapping[Hashable, object]  # by name; a job that was handed in has a ``job_id``


@contextmanager
def slurm(jobs: int, job: Job, certificates: Certificates = NONE) -> Iterator[DaskExecutor]:
    """Return an executor of `jobs` SLURM jobs; raises SweepError where there is no SLURM or no dask-jobqueue."""
    if find_spec("dask_jobqueue") is None:
        raise SweepError("--slurm: needs the package dask-jobqueue: pip install 'backstop[slurm]'")
    if shutil.which("sbatch") is None:
        raise SweepError("--slurm: there is no sbatch on this machine; start it on a login node, or use --sbatch")
    from dask_jobqueue import SLURMCluster  # noqa: PLC0415

    with dask.config.set(SETTINGS):
        cluster = SLURMCluster(**_missing(), **_private(certificates))
        cluster.scale(jobs=jobs)
        with closing(cluster), connected(cluster, certificates) as client:
            yield DaskExecutor(client, job, awaited=lambda: any_yet_to_begin(job_numbers(cluster)))


def job_numbers(cluster: Cluster) -> list[str]:
    """Return the numbers of the jobs that were handed to SLURM."""
    numbers = (getattr(one, "job_id", None) for one in list(cluster.workers.values()))
    return [str(number) for number in numbers if number]


def any_yet_to_begin(numbers: Iterable[str]) -> bool:
    """Whether the queue says that any of these jobs is yet to begin."""
    words = ["squeue", "--noheader", "--format=%T", f"--jobs={','.join(numbers)}"]
    if words[-1] == "--jobs=":
        return False
    try:
        answer = subprocess.run(words, capture_output=True, text=True, timeout=ANSWER, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return not YET_TO_BEGIN.isdisjoint(answer.stdout.split())


def _missing() -> dict[str, Any]:
    known = dask.config.get("jobqueue.slurm", {})
    return {name: value for name, value in SLURM.items() if known.get(name) is None}


def _private(certificates: Certificates) -> dict[str, Any]:
    """Return what lets scheduler and workers talk in private, where there are certificates."""
    security = certificates.security()
    return {"security": security, "protocol": TLS} if security else {}
