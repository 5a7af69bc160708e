"""Claims about studies begun again: they go on where they were, and end as those that nothing stopped."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments.cli.main import main
from experiments.plan.configuration import plan
from experiments.plan.options import Options
from experiments.results.folder import ResultFolder
from experiments.results.parquet import read_table
from experiments.results.run import Run
from experiments.run.interrupt import Interrupt
from experiments.run.run import run_all
from experiments.study.comparison.pilot import extends

pytestmark = pytest.mark.usefixtures("no_figures")

ROOT = Path(__file__).resolve().parents[3]
SMALL = ("trader.number=20", "protocol.number=3", "steps=12", "provider.number=2", "price.process=gbm", "minutes=60")
SET = [word for setting in (*SMALL, "asset.daily_volatility=0.3") for word in ("--set", setting)]
STUDIES = {
    "compare": ["compare", *SET, "--structure", "isolated", "--structure", "pooled", "--replications", "40"],
    "size": ["size", *SET, "--replications", "20", "--target", "0.8", "--tolerance", "0.2", "--structure", "pooled"],
    "rare": ["rare", *SET, "--replications", "50", "--pilot", "50", "--seeds", "1", "--structure", "pooled"],
    "splitting": [
        "rare",
        *SET,
        "--method",
        "splitting",
        "--metric",
        "deficit",
        "--threshold",
        "1e4",
        "--pilot",
        "50",
        "--replications",
        "60",
        "--seeds",
        "2",
        "--structure",
        "pooled",
    ],
    "network": ["network", *SET, "--replications", "30"],
    "attribute": ["attribute", *SET, "--replications", "3", "--structure", "pooled"],
}
# Forks a study for every line it reads and tells its end; parts are written as often as can be.
DRIVER = """
import json, os, sys
import experiments.results.run_store as run_store
import experiments.study.rare.run, experiments.study.size.run, experiments.study.comparison.run
import experiments.study.attribution.folder, experiments.study.calibration.run, model.ecosystem
import experiments.study.rare.choice
from experiments.cli.main import main
run_store.OFTEN = float(sys.argv[1])
print('ready', flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            main(json.loads(line), standalone_mode=False)
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print('ended', flush=True)
"""


def told(words, out, *more):
    done = CliRunner().invoke(main, [*words, "--workers", "1", "--json", "--quiet", "--out", str(out), *more])
    assert done.exit_code == 0, done.output
    return without_place(json.loads(done.stdout))


def calibration(place, bars, starts):
    """Write made-up prices of so many hours and return the words that fit a process to them."""
    moves = np.random.default_rng(3).standard_normal((bars, 4)) * 0.005
    close = 100.0 * np.exp(np.cumsum(moves.sum(axis=1)))
    table = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=bars, freq="1h"), "open": close, "close": close})
    table = table.assign(high=close * 1.01, low=close * 0.99, volume=1.0)
    table.to_csv(place / "prices.csv", index=False)
    effort = ["--starts", str(starts), "--iterations", "1", "--replications", "1"]
    return ["calibrate", "--prices", f"BTC={place / 'prices.csv'}", *effort]


def without_place(document):
    """What a study says, but for its folder and for when it was made."""
    document.pop("folder", None)
    return document


def rows(folder):
    """The runs in a folder in an order of their own, and how many are there twice."""
    table = read_table(folder / "runs").to_pandas()
    table["cell"] = table["cell"].astype(str)
    assert not table.duplicated(["cell", "id"]).any()
    return table.sort_values(["cell", "replication", "id"], ignore_index=True)


def same(folder, calm):
    """Assert that two folders hold the same runs, every number bit for bit."""
    pd.testing.assert_frame_equal(rows(folder), rows(calm), check_exact=True, check_like=True)
    if (calm / "series").exists():
        keys = ["cell", "replication", "step"]
        tables = [read_table(place / "series").to_pandas().sort_values(keys) for place in (folder, calm)]
        numbers = [table.drop(columns=["cell", "structure", "regime"]).to_numpy() for table in tables]
        np.testing.assert_array_equal(*numbers)


class Stopped(Interrupt):
    """A user who has had enough after some looks."""

    looks = 0

    def __call__(self):
        type(self).looks -= 1
        self.requested, self.code = self.looks < 0, 130
        return self.requested


def test_an_interrupted_comparison_goes_on_and_ends_as_an_undisturbed_one(tmp_path, monkeypatch):
    words = STUDIES["compare"]
    calm, out = told(words, tmp_path / "calm"), tmp_path / "out"
    monkeypatch.setattr("experiments.cli.study.compare.Interrupt", Stopped)
    done = 0
    for looks in (6, 25, 60):  # in the pilot, and twice among the runs
        Stopped.looks = looks
        stopped = CliRunner().invoke(main, [*words, "--workers", "1", "--quiet", "--out", str(out)])
        assert stopped.exit_code == 130, stopped.output
        there = sum(len(list(read_table(place)["id"])) for place in out.rglob("runs") if list(place.iterdir()))
        assert there > done
        done = there
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    Stopped.looks = 10**9
    again = CliRunner().invoke(main, [*words, "--workers", "1", "--json", "--out", str(out)])
    assert again.exit_code == 0 and f"{done} finished runs found" in again.stderr
    assert without_place(json.loads(again.stdout)) == calm
    same(out, tmp_path / "calm")


@pytest.mark.parametrize(
    "name", ["size", "attribute", *(pytest.param(one, marks=pytest.mark.slow) for one in ("rare", "network"))]
)
def test_a_study_that_broke_off_goes_on_and_ends_as_an_undisturbed_one(tmp_path, monkeypatch, name):
    out, made, last = tmp_path / "out", [], 10**9
    run_arrangement = sys.modules["experiments.run.run"].run_arrangement

    def counted(arrangement, replication):
        if len(made) == last:
            raise KeyboardInterrupt
        made.append((arrangement.name, replication))
        return run_arrangement(arrangement, replication)

    monkeypatch.setattr("experiments.run.run.run_arrangement", counted)
    calm = told(STUDIES[name], tmp_path / "calm")
    whole, last = len(made), 12
    made.clear()
    stopped = CliRunner().invoke(main, [*STUDIES[name], "--workers", "1", "--quiet", "--out", str(out)])
    assert stopped.exit_code == 130 and f"the same words with --out {out} go on" in stopped.stderr
    last = 10**9
    assert told(STUDIES[name], out) == calm and len(made) == whole
    same(out, tmp_path / "calm")
    made.clear()
    assert told(STUDIES[name], out) == calm and made == []


def test_a_calibration_that_broke_off_goes_on_and_ends_as_an_undisturbed_one(tmp_path, monkeypatch):
    words = calibration(tmp_path, bars=1001, starts=4)
    calm, out = told(words, tmp_path / "calm"), tmp_path / "out"
    kind = sys.modules["experiments.study.calibration.simulation"].Simulation
    moments, made = kind.moments, []

    def counted(self, values, spread=map):
        made.append(values)
        if len(made) == 9:
            raise KeyboardInterrupt
        return moments(self, values, spread)

    monkeypatch.setattr(kind, "moments", counted)
    stopped = CliRunner().invoke(main, [*words, "--quiet", "--out", str(out)])
    assert stopped.exit_code == 130 and f"the same words with --out {out} go on" in stopped.stderr
    assert 4 < len(rows(out)) <= 8
    assert told(words, out) == calm
    same(out, tmp_path / "calm")
    made.clear()
    assert told(words, out) == calm and made == []


def asked(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_every_study_is_queried_and_exported_and_what_is_not_meant_for_it_is_told_in_a_line(tmp_path, monkeypatch):
    words = ["size", *SET, "--replications", "12", "--structure", "pooled", "--tolerance", "0.3"]
    told(words, out := tmp_path / "out")
    sql = "SELECT cell, count(*) AS number FROM runs GROUP BY cell ORDER BY cell"
    found = json.loads(asked("query", out, sql, "--json").stdout)
    assert {row["cell"]: row["number"] for row in found} == rows(out)["cell"].value_counts().to_dict()
    done = asked("export", out, "--csv")
    assert done.exit_code == 0 and len(pd.read_csv(out / "csv" / "runs.csv")) == len(rows(out))
    done = asked("reproduce", out, "--runner", "somebody:else")
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and "a study called sizing" in done.stderr


def test_an_unfinished_comparison_is_queried_but_not_reported(tmp_path):
    with ResultFolder(tmp_path / "out", "comparison") as folder:
        folder.runs.add(0, "0", Run("pooled", "pooled", "adl", 0, {"uncovered": 1.5}, {"price": np.ones(3)}))
    done = asked("query", tmp_path / "out", "SELECT uncovered, id FROM runs", "--json")
    assert json.loads(done.stdout) == [{"uncovered": 1.5, "id": "0"}]
    assert json.loads(asked("query", tmp_path / "out", "SELECT sum(price) AS s FROM series", "--json").stdout)
    done = asked("report", tmp_path / "out")
    assert done.exit_code == 1 and "not finished" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_comparison_of_which_runs_failed_does_those_again(tmp_path, monkeypatch):
    words, out = STUDIES["compare"], tmp_path / "out"
    calm = told(words, tmp_path / "calm")
    run_arrangement = sys.modules["experiments.run.run"].run_arrangement
    failed_run = sys.modules["experiments.run.run"].failed_run

    def unlucky(arrangement, replication):
        return (
            failed_run(arrangement, replication, "no memory")
            if replication == 3
            else run_arrangement(arrangement, replication)
        )

    with monkeypatch.context() as patch:
        patch.setattr("experiments.run.run.run_arrangement", unlucky)
        first = CliRunner().invoke(main, [*words, "--workers", "1", "--quiet", "--out", str(out)])
    assert first.exit_code == 1 and "some runs failed" in (out / "manifest.json").read_text()
    assert told(words, out) == calm
    same(out, tmp_path / "calm")


def test_a_comparison_is_extended_by_more_replications_where_its_pilot_stays_the_same(tmp_path):
    def words(number, structure):
        return ["compare", *SET, "--structure", structure, "--replications", str(number)]

    calm, out = told(words(4, "pooled"), tmp_path / "calm"), tmp_path / "out"
    told(words(2, "pooled"), out)
    assert told(words(4, "pooled"), out) == calm
    same(out, tmp_path / "calm")
    assert json.loads((out / "manifest.json").read_text())["replications"] == 4
    fewer = asked(*words(3, "pooled"), "--quiet", "--out", out)
    assert fewer.exit_code == 2 and "made with other words (replications 4 there, 3 here" in fewer.stderr
    told(words(5, "isolated"), tmp_path / "short")  # whose pilot is as short
    longer = asked(*words(6, "isolated"), "--quiet", "--out", tmp_path / "short")
    assert longer.exit_code == 2 and "made with other words (replications 5 there, 6 here" in longer.stderr
    long = plan(Options(structures=("isolated",), replications=50, out=str(tmp_path / "new")))
    assert [extends(long, before) for before in (3, 19, 20, 49)] == [False, False, True, True]


def deadly(tasks):
    """Make runs, and die of the seventh replication."""
    if any(replication == 7 for _, replication in tasks):
        os._exit(3)
    return run_all(tasks)


@pytest.mark.slow
def test_a_run_that_kills_its_worker_is_named_alone_and_the_others_are_kept(tmp_path, monkeypatch):
    words, out = ["size", *SET, "--replications", "12", "--structure", "pooled", "--tolerance", "0.3"], tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("experiments.run.process_pool.run_all", deadly)
        done = CliRunner().invoke(main, [*words, "--workers", "2", "--quiet", "--out", str(out)])
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.exit_code == 1 and "replication 7 failed" in line
    assert "a worker process died of this run alone" in done.stderr
    assert rows(out)["replication"].tolist() == list(range(7))
    assert told(words, out) == told(words, tmp_path / "calm")
    same(out, tmp_path / "calm")


@pytest.mark.slow
def test_a_killed_worker_of_a_sizing_is_replaced(tmp_path):
    words, out, killed = STUDIES["size"], tmp_path / "out", []

    def kill():
        end = time.monotonic() + 60
        while not killed and time.monotonic() < end:
            time.sleep(0.1)
            if list(out.glob("runs/part-*")):
                killed.extend(multiprocessing.active_children()[:1])
        for child in killed:
            os.kill(child.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    done = CliRunner().invoke(main, [*words, "--workers", "2", "--json", "--quiet", "--out", str(out)])
    killer.join()
    assert killed and done.exit_code == 0, done.output
    assert without_place(json.loads(done.stdout)) == told(words, tmp_path / "calm")
    same(out, tmp_path / "calm")


def start(often):
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(often)], cwd=ROOT, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert driver.stdout.readline() == "ready\n"
    return driver


def run(driver, words):
    driver.stdin.write(json.dumps(words) + "\n")
    driver.stdin.flush()
    return int(driver.stdout.readline())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compare", "size", "rare", "splitting", "calibrate", "attribute"])
def test_a_study_killed_at_twenty_moments_loses_and_doubles_nothing(tmp_path, name):
    words = calibration(tmp_path, bars=2000, starts=16) if name == "calibrate" else STUDIES[name]
    common, out = ["--workers", "1", "--quiet", "--out"], tmp_path / "out"
    driver, draw, before = start(0.02), random.Random(11), time.monotonic()
    run(driver, [*words, *common, str(tmp_path / "calm")])
    assert driver.stdout.readline() == "ended\n"
    whole, kills, most = time.monotonic() - before, 0, 0
    while kills < 20:
        child = run(driver, [*words, *common, str(out)])
        time.sleep(draw.uniform(0.0, 0.2 * whole))
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
            kills += 1
        assert driver.stdout.readline() == "ended\n"
        there = len(rows(out)) if list(out.glob("runs/part-*.parquet")) else 0
        assert there >= most  # nothing that was kept is lost
        most = there
        if out.exists() and json.loads((out / "manifest.json").read_text())["status"] == "complete":
            same(out, tmp_path / "calm")
            shutil.rmtree(out)
            most = 0
    driver.communicate(timeout=60)
    assert told(words, out) == told(words, tmp_path / "calm")
    same(out, tmp_path / "calm")
    assert list(tmp_path.rglob(".*")) == []
