"""Claims about sweeps: the same rows however they were run, nothing finished is lost, nothing is there twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sweep_runner import mark

from experiments.plan.problem import SweepError
from experiments.plan.shard import Shard
from experiments.results.parquet import read_table
from experiments.results.sweep.folder import enter
from experiments.results.sweep.store import Store
from experiments.run.sweep.run import Where, sweep
from tests.support.sweep_plan import GRID, plan_of

ROOT = Path(__file__).resolve().parents[3]


def rows(folder, table="runs"):
    """All rows of a table in order, numbers as their bits, so that NaN is the same as NaN."""
    order = ["run"] if table == "runs" else ["run", "step"]
    read = read_table(folder / table).sort_by([(name, "ascending") for name in order])
    found = {}
    for name in sorted(read.column_names):
        column = read.column(name)
        numbers = str(column.type) in ("double", "float") and column.null_count == 0
        found[name] = column.to_numpy().tobytes() if numbers else column.to_pylist()
    return found


def both(folder):
    return rows(folder), rows(folder, "series")


def test_serial_shards_and_resumed_give_the_same_rows(tmp_path):
    plan = plan_of(tmp_path)
    assert sweep(plan, tmp_path / "one", quiet=True).complete
    for place in (2, 3, 1):
        sweep(plan, tmp_path / "shards", shard=Shard(place, 3), quiet=True)
    turns = iter([False, True])
    stopped = sweep(plan, tmp_path / "stopped", stop=lambda: next(turns), quiet=True)
    assert not stopped.complete and 0 < stopped.finished < plan.runs
    assert sweep(plan, tmp_path / "stopped", quiet=True).before == stopped.finished
    assert both(tmp_path / "one") == both(tmp_path / "shards") == both(tmp_path / "stopped")
    assert rows(tmp_path / "one")["run"] == list(range(plan.runs))
    assert len(rows(tmp_path / "one", "series")["run"]) == 5 * plan.runs


def test_a_real_scenario_gives_the_same_rows_on_a_cluster(tmp_path):
    small = "trader.number = 20\nprotocol.number = 3\nsteps = 6\nprovider.number = 2\n"
    text = f'replications = 2\nprocess = "gbm"\n[set]\n{small}[fields]\nbackstop.structure = ["isolated", "pooled"]\n'
    path = tmp_path / "plan.toml"
    path.write_text(text)
    from experiments.plan.plan import read_plan  # noqa: PLC0415

    plan = read_plan(path)
    sweep(plan, tmp_path / "one", quiet=True)
    sweep(plan, tmp_path / "two", open_executor=Where(2).open, quiet=True)
    assert both(tmp_path / "one") == both(tmp_path / "two")


def test_a_run_that_kills_its_worker_is_alone_recorded_as_failed(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.run.sweep.chunk_size.ChunkSize.size", lambda self, left, workers: 5)
    text = f"seed = {os.getpid()}" + GRID.replace("= 2", "= 1").replace("11, 12, 13, 14, 15", "13, 14")
    plan = plan_of(tmp_path, text, "deadly")
    try:
        outcome = sweep(plan, tmp_path / "out", open_executor=Where(2).open, quiet=True)
    finally:
        mark(os.getpid()).unlink()
    assert outcome.complete and outcome.failed == 1
    found = rows(tmp_path / "out")
    assert found["run"] == list(range(plan.runs))
    failed = [run for run, status in zip(found["run"], found["status"], strict=True) if status == "failed"]
    assert failed == [0]
    assert "died" in found["failure"][0] and "killed from outside" in found["failure"][0]


def test_a_run_that_raises_is_recorded_with_its_traceback_and_the_others_go_on(tmp_path):
    outcome = sweep(plan_of(tmp_path, runner="raising"), tmp_path / "out", quiet=True)
    assert outcome.complete and [error for _, error in outcome.failures] == ["RuntimeError: unlucky"] * 2
    traceback = rows(tmp_path / "out")["failure"][2]
    assert "Traceback" in traceback and "sweep_runner" in traceback
    assert sweep(plan_of(tmp_path, runner="raising"), tmp_path / "out", quiet=True).finished == 0


@pytest.mark.slow
def test_a_driver_killed_at_any_moment_loses_no_finished_part_and_doubles_none(tmp_path):
    plan = plan_of(tmp_path, GRID.replace("replications = 2", "replications = 200"))
    code = (
        "import sys; sys.path.insert(0, 'tests/support'); from pathlib import Path; from sweep_plan import *;"
        "from experiments.run.sweep.run import sweep; from experiments.run.sweep.chunk_size import ChunkSize;"
        "ChunkSize.size = lambda self, left, workers: 7; out = Path(sys.argv[1]);"
        "sweep(plan_of(out, GRID.replace('replications = 2', 'replications = 200')), out / 'out', quiet=True)"
    )
    finished, store = 0, Store(tmp_path / "out")
    for parts in (3, 9, 20):
        driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
        while len(store.committed()) < parts and driver.poll() is None:
            time.sleep(0.002)
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        kept = [int(run) for part in store.committed() for run in store.numbers(part)]
        assert len(set(kept)) == len(kept) >= finished
        finished = len(kept)
    outcome = sweep(plan, tmp_path / "out", quiet=True)
    assert outcome.complete and outcome.before == finished < plan.runs
    assert rows(tmp_path / "out")["run"] == list(range(plan.runs))
    assert len(rows(tmp_path / "out", "series")["run"]) == 5 * plan.runs
    assert {path.name for path in (tmp_path / "out" / "series").iterdir()} == {path.name for path in store.committed()}


def test_a_changed_plan_is_refused_with_what_differs(tmp_path):
    sweep(plan_of(tmp_path), tmp_path / "out", quiet=True)
    before = both(tmp_path / "out")
    changed = plan_of(tmp_path, GRID.replace("= 2", "= 3") + "[set]\nbackstop.capital_ratio = 0.5\n")
    with pytest.raises(SweepError) as caught:
        sweep(changed, tmp_path / "out", quiet=True)
    assert caught.value.code == 2
    assert any("replications.number: 2 there, 3 in the plan" in line for line in caught.value.problems)
    assert any("capital_ratio" in line for line in caught.value.problems)
    assert both(tmp_path / "out") == before


def test_a_folder_of_another_version_or_of_something_else_is_refused(tmp_path):
    plan = plan_of(tmp_path)
    enter(tmp_path / "out", plan, "plan")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest | {"code": "older"}))
    with pytest.raises(SweepError, match="written by version older"):
        sweep(plan, tmp_path / "out", quiet=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept").touch()
    with pytest.raises(SweepError, match="not a sweep's"):
        sweep(plan, tmp_path / "mine", quiet=True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["kept"]


@pytest.mark.parametrize("table", ["runs", "series"])
def test_a_corrupt_part_is_moved_aside_and_its_runs_done_again(tmp_path, table, capsys):
    plan = plan_of(tmp_path)
    sweep(plan, tmp_path / "out", quiet=True)
    before = both(tmp_path / "out")
    part = sorted((tmp_path / "out" / table).iterdir())[-1]
    part.write_bytes(part.read_bytes()[:-20])
    outcome = sweep(plan, tmp_path / "out")
    assert outcome.complete and 0 < outcome.finished < plan.runs
    told = [line for line in capsys.readouterr().err.splitlines() if "moved to" in line]
    assert len(told) == 1 and part.name in told[0]
    assert len(list((tmp_path / "out" / "aside").iterdir())) == 2
    assert both(tmp_path / "out") == before


@pytest.mark.parametrize("table", ["runs", "series"])
def test_a_flipped_bit_is_noticed(tmp_path, table):
    plan = plan_of(tmp_path)
    sweep(plan, tmp_path / "out", quiet=True)
    part = sorted((tmp_path / "out" / table).iterdir())[-1]
    content = bytearray(part.read_bytes())
    content[200] ^= 1
    part.write_bytes(content)
    done, _, lines = Store(tmp_path / "out").done(plan.runs)
    assert len(lines) == 1 and not done.all()


def test_a_full_disk_stops_the_sweep_and_keeps_what_was_finished(tmp_path, monkeypatch):
    plan = plan_of(tmp_path)
    calls = iter(range(100))
    real = os.fsync

    def fsync(handle):
        if next(calls) > 8:
            raise OSError(28, "No space left on device")
        real(handle)

    with monkeypatch.context() as patched, pytest.raises(SweepError, match="No space left") as caught:
        patched.setattr(os, "fsync", fsync)
        sweep(plan, tmp_path / "out", quiet=True)
    assert caught.value.code == 1
    assert not list((tmp_path / "out").rglob("*.tmp"))
    outcome = sweep(plan, tmp_path / "out", quiet=True)
    assert outcome.before > 0 and outcome.complete
    assert rows(tmp_path / "out")["run"] == list(range(plan.runs))


def test_two_writers_are_kept_apart_and_shards_are_not(tmp_path):
    from experiments.results.sweep.lock import Lock  # noqa: PLC0415

    pytest.importorskip("fcntl")
    with Lock(tmp_path, Shard(1, 2)), Lock(tmp_path, Shard(2, 2)):
        for other in (Shard(), Shard(1, 2), Shard(1, 3)):
            with pytest.raises(SweepError, match="is writing there"), Lock(tmp_path, other):
                pass
    with Lock(tmp_path, Shard()), pytest.raises(SweepError, match="is writing there"), Lock(tmp_path, Shard(1, 2)):
        pass


def test_bits_survive_the_parts(tmp_path):
    sweep(plan_of(tmp_path), tmp_path / "out", quiet=True)
    table = read_table(tmp_path / "out" / "runs").sort_by("run")
    assert table.column("tenth").to_numpy()[5:].tolist() == [0.1] * 5
    assert np.isnan(table.column("nan").to_numpy()).all() and table.column("nan").null_count == 0
