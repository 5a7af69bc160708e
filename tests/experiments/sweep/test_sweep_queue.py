"""Claims about jobs in a queue: who is yet to begin is not dead, who has begun and does not live is."""

import itertools
import subprocess

import pytest
from distributed import Client, LocalCluster

from experiments.run.sweep import slurm
from experiments.run.sweep.chunk import job
from experiments.run.sweep.dask_cluster import DaskExecutor, LostError
from tests.support.sweep_plan import plan_of


@pytest.fixture
def client():
    """Return a client of a scheduler that has no worker."""
    with (
        LocalCluster(
            n_workers=0, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address="127.0.0.1:0",
            silence_logs=False,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


def looks(executor):
    """Return how many looks for work of a tenth of a second each it takes until nobody is left."""
    with pytest.raises(LostError, match="no worker for 1 s"):
        for number in itertools.count():
            seen = number
            executor.take(0.1)
    return seen


def test_the_patience_begins_when_no_job_waits_any_more(tmp_path, client, monkeypatch):
    monkeypatch.setattr("experiments.run.sweep.dask_cluster.COUNTED", 0.05)
    asked = itertools.count()
    work = job(plan_of(tmp_path))
    assert looks(DaskExecutor(client, work, 1.0)) <= 12
    assert looks(DaskExecutor(client, work, 1.0, lambda: next(asked) < 10)) > 15


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        ("RUNNING\nPENDING\n", True),
        ("CONFIGURING\n", True),
        ("RUNNING\nRUNNING\n", False),
        ("COMPLETING\n", False),
        ("", False),
    ],
)
def test_the_queue_says_who_is_yet_to_begin(monkeypatch, answer, waits):
    said = []
    monkeypatch.setattr(
        subprocess, "run", lambda words, **_: said.append(words) or subprocess.CompletedProcess(words, 0, answer, "")
    )
    assert slurm.any_yet_to_begin(["7", "8"]) is waits
    assert "--jobs=7,8" in said[0]


def test_a_queue_that_cannot_be_asked_says_nothing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert not slurm.any_yet_to_begin(["7"]) and not slurm.any_yet_to_begin([])
