"""Claims about what a plan takes: told before it begins, of the right order, and refused where there is no room."""

import shutil

import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.plan import read_plan
from experiments.plan.problem import SweepError
from experiments.plan.shard import Shard
from experiments.run.sweep.demand import demand, require_room
from experiments.run.sweep.run import sweep
from tests.support.sweep_plan import plan_of

PLAN = """
replications = {number}
process = "gbm"
series = {series}
[set]
trader.number = 20
provider.number = 2
protocol.number = 3
steps = {steps}
[fields]
backstop.structure = ["isolated", "pooled"]
"""


def planned(folder, number=4, series="true", steps=400):
    path = folder / "plan.toml"
    path.write_text(PLAN.format(number=number, series=series, steps=steps))
    return read_plan(path, allow_many=True)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("series", "steps"), [("true", 400), pytest.param("true", 3_000, marks=pytest.mark.slow), ("false", 400)]
)
def test_the_disk_a_plan_takes_is_of_the_order_that_was_told(tmp_path, monkeypatch, series, steps):
    monkeypatch.setattr("experiments.run.sweep.chunk_size.ChunkSize.size", lambda self, left, workers: 100)
    plan = planned(tmp_path, 4, series, steps)
    sweep(plan, tmp_path / "out", quiet=True)
    taken = sum(path.stat().st_size for name in ("runs", "series") for path in (tmp_path / "out" / name).iterdir())
    assert taken / 5 < demand(plan).bytes < 5 * taken


def test_it_grows_with_runs_and_is_shared_by_shards(tmp_path):
    few, many = (demand(planned(tmp_path, number)) for number in (10, 1_000_000))
    assert many.bytes == pytest.approx(1e5 * few.bytes) and many.seconds == pytest.approx(1e5 * few.seconds)
    share = demand(planned(tmp_path, 10), Shard(1, 4))
    assert share.bytes == pytest.approx(few.bytes / 4) and share.seconds == pytest.approx(few.seconds / 4)


def test_it_is_told_in_one_line_before_the_sweep_begins(tmp_path):
    planned(tmp_path, 1, steps=6)
    result = CliRunner().invoke(main, ["sweep", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "out")])
    (line,) = [line for line in result.stderr.splitlines() if "on the disk" in line]
    assert line.startswith("2 runs: some ") and " MB on the disk, 0:00:0" in line


def test_where_there_is_clearly_no_room_nothing_is_begun(tmp_path, monkeypatch):
    plan, usage = planned(tmp_path, 10_000), shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))
    words = ["sweep", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "out"), "--quiet"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert "1.0 MB are free" in result.stderr and not (tmp_path / "out").exists()
    (tmp_path / "out" / "series").mkdir(parents=True)
    with (tmp_path / "out" / "series" / "part-1.parquet").open("wb") as part:
        part.truncate(int(demand(plan).bytes))
    require_room(plan, tmp_path / "out")
    with pytest.raises(SweepError, match="are free"):
        require_room(plan, tmp_path / "new" / "below")


def test_points_that_no_scenario_allows_are_left_to_who_tells_them(tmp_path):
    assert demand(plan_of(tmp_path, "[fields]\ntrader.number = [-5]")).bytes == 0
