"""A sweep outlives its workers, however they end, and ends itself where none lives."""

import os
import threading
import time
from contextlib import suppress

import psutil
import pytest

from experiments.plan.problem import SweepError
from experiments.run.dispatch import Dispatch
from experiments.run.sweep.run import Where, sweep
from tests.support.sweep_plan import GRID, plan_of


def servers():
    return [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]


def workers():
    return [worker for server in servers() for worker in server.children()]


ATTACKS = {
    "workers": lambda: [worker.kill() for worker in workers()],
    "server": lambda: [server.kill() for server in servers()],
    "stop": lambda: [worker.suspend() for worker in workers()],
}


def attack(kind, over):
    """Wait until there are workers, then attack once, or until it is `over`."""
    while not workers() and not over.is_set():
        time.sleep(0.05)
    if kind != "always":
        time.sleep(1.0)
        ATTACKS[kind]()
    while kind == "always" and not over.wait(0.05):
        with suppress(psutil.Error):
            ATTACKS["workers"]()


@pytest.fixture
def attacked():
    """Start an attack that ends with the test."""
    over, begun = threading.Event(), []

    def begin(kind):
        begun.append(threading.Thread(target=attack, args=(kind, over), daemon=True))
        begun[0].start()

    yield begin
    over.set()
    begun[0].join()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ATTACKS)
def test_workers_that_are_all_lost_are_replaced_and_nothing_is_missing(tmp_path, attacked, kind):
    plan = plan_of(tmp_path, GRID.replace("= 2", "= 30"), "slow")
    attacked(kind)
    outcome = sweep(plan, tmp_path / "out", open_executor=Where(2).open, quiet=True)
    assert outcome.complete and outcome.failed == 0


@pytest.mark.slow
def test_runs_for_which_there_is_room_alone_have_not_failed(tmp_path, monkeypatch):
    died, retry = [], Dispatch._retry

    def counted(self, chunk):
        died.append(chunk)
        retry(self, chunk)

    monkeypatch.setattr(Dispatch, "_retry", counted)
    plan = plan_of(tmp_path, GRID, "crowded")
    outcome = sweep(plan, tmp_path / "out", open_executor=Where(2).open, quiet=True)
    assert died, "no worker died, so nothing was shown"
    assert outcome.complete and outcome.finished == plan.runs and outcome.failed == 0


def test_where_no_worker_lives_a_sweep_ends_in_one_line(tmp_path, attacked):
    attacked("always")
    surroundings = dict(os.environ)
    with pytest.raises(SweepError, match="a worker process died, the last of 3 in a row") as caught:
        sweep(plan_of(tmp_path, runner="slow"), tmp_path / "out", open_executor=Where(2).open, quiet=True)
    assert caught.value.code == 1 and len(caught.value.problems) == 1
    assert dict(os.environ) == surroundings, "what is set for workers is left in the driver"
