"""Claims about failed runs done again: they are done once, the others are kept, and nothing is there twice."""

import numpy as np
import pytest

from experiments.plan.problem import SweepError
from experiments.results.sweep.retry import forget_failures
from experiments.results.sweep.store import Store
from experiments.run.sweep.run import sweep
from tests.experiments.sweep.test_sweep import both, rows
from tests.support.sweep_plan import GRID, plan_of


@pytest.fixture
def failed(tmp_path, monkeypatch):
    """A sweep of ten runs in which two failed, all in parts of five; a mended runner is set afterwards."""
    monkeypatch.setattr("experiments.run.sweep.chunk_size.ChunkSize.size", lambda self, left, workers: 5)
    sweep(plan_of(tmp_path, runner="raising"), tmp_path / "out", quiet=True)
    monkeypatch.setattr("sweep_runner.raising", __import__("sweep_runner").tiny)
    return tmp_path


def test_failed_runs_are_done_again_and_the_others_kept(failed):
    plan = plan_of(failed, runner="raising")
    untouched = sweep(plan, failed / "out", quiet=True)
    assert untouched.finished == 0 and untouched.failed_before == 2
    outcome = sweep(plan, failed / "out", quiet=True, retry=True)
    assert (outcome.before, outcome.finished, outcome.failed, outcome.failed_before) == (8, 2, 0, 0)
    sweep(plan_of(failed, name="other"), failed / "whole", quiet=True)
    assert both(failed / "out") == both(failed / "whole")
    assert len(list((failed / "out" / "aside").glob("retried-*"))) == 2


@pytest.mark.parametrize("moment", ["read_bytes", "replace", "unlink"])
def test_killed_while_rows_are_taken_out_nothing_is_lost_or_doubled(failed, monkeypatch, moment):
    store = Store(failed / "out")
    kept = {run for part in store.committed() for run in store.numbers(part).tolist()} - {2, 7}

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(f"pathlib.Path.{moment}", killed)
        forget_failures(store)
    seen = [run for part in store.committed() for run in store.numbers(part).tolist()]
    assert len(seen) == len(set(seen))
    outcome = sweep(plan_of(failed, runner="raising"), failed / "out", quiet=True, retry=True)
    assert outcome.complete and rows(failed / "out")["run"] == list(range(10))
    assert outcome.before == len(kept)
    assert len(rows(failed / "out", "series")["run"]) == 50


def test_a_folder_of_another_version_says_what_differs(failed, monkeypatch):
    monkeypatch.setattr("experiments.results.sweep.folder.code_version", lambda: "other")
    monkeypatch.setattr("experiments.results.sweep.folder.version", lambda name: "0.1")
    with pytest.raises(SweepError, match=f"numpy {np.__version__} there, 0.1 here"):
        sweep(plan_of(failed, GRID, "raising"), failed / "out", quiet=True)
