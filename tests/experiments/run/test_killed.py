"""Claims about killed commands: nothing finished is lost, nothing is left lying about, and no worker lives on."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sweep_runner

from experiments.plan.plan import read_plan
from experiments.results.hidden import Hidden
from experiments.run.sweep.run import sweep
from tests.experiments.sweep.test_sweep import both

ROOT = Path(__file__).resolve().parents[3]
PLAN = """
replications = {replications}
process = "gbm"
[fields]
trader.number = [11, 12, 13, 14, 15]
"""
# Sweeps with chunks of some tens of milliseconds: for every line it reads it forks one, and tells its end.
DRIVER = """
import os, sys
from pathlib import Path
from experiments.run.interrupt import heed
from experiments.results.sweep import query
from experiments.run.sweep.run import Where, sweep
from experiments.run.sweep.chunk_size import ChunkSize
from experiments.plan.plan import read_plan
ChunkSize.size = lambda self, left, workers: 10
def work():
    place, workers = Path(sys.argv[1]), int(sys.argv[2])
    heed()
    sweep(read_plan(place / 'plan.toml', runner='sweep_runner:short'), place / 'out', open_executor=Where(workers).open)
def forked():
    child = os.fork()
    if child == 0:
        os.setsid()
        try:
            work()
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print('ended', flush=True)
if __name__ == '__main__':
    print('ready', flush=True)
    for line in sys.stdin:
        work() if line.strip() == 'here' else forked()
"""


def start(place, workers):
    """Start a driver, in a session of its own, that has imported all it needs."""
    (place / "driver.py").write_text(DRIVER)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"}
    driver = subprocess.Popen(
        [sys.executable, str(place / "driver.py"), str(place), str(workers)], cwd=ROOT, env=environment, text=True,
        start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert driver.stdout.readline() == "ready\n"
    return driver


def order(driver, word):
    driver.stdin.write(f"{word}\n")
    driver.stdin.flush()


def leftovers(place):
    """Hidden or temporary files in the place and below, but for the locks of a sweep."""
    return [path for path in place.rglob(".*") if not path.name.startswith(".lock")]


def planned(place, replications):
    """Write the plan and return it."""
    place.mkdir()
    (place / "plan.toml").write_text(PLAN.format(replications=replications))
    return read_plan(place / "plan.toml", runner="sweep_runner:short")


def killed_again_and_again(place, kills, longest):
    """Kill sweeps of one folder, each `longest` seconds after it began at most."""
    draw, driver = random.Random(7), start(place, 1)
    for _ in range(kills):
        order(driver, "fork")
        child = int(driver.stdout.readline())
        time.sleep(draw.uniform(0.0, longest))
        os.kill(child, signal.SIGKILL)
        assert driver.stdout.readline() == "ended\n"
    driver.communicate(timeout=60)


def ends_as_an_undisturbed_one(folder, plan, replications, monkeypatch):
    """Let the killed sweep come to its end; assert that it is as one that nobody killed."""
    monkeypatch.setattr("sweep_runner.short", sweep_runner.tiny)
    assert sweep(plan, folder / "killed" / "out", quiet=True).before < plan.runs
    sweep(planned(folder / "calm", replications), folder / "calm" / "out", quiet=True)
    assert both(folder / "killed" / "out") == both(folder / "calm" / "out")
    assert leftovers(folder / "killed") == [] and not (folder / "killed" / "out" / "aside").exists()


def test_a_sweep_killed_at_some_moments_ends_as_an_undisturbed_one(tmp_path, monkeypatch):
    plan = planned(tmp_path / "killed", 100)
    killed_again_and_again(tmp_path / "killed", 4, 0.5)
    ends_as_an_undisturbed_one(tmp_path, plan, 100, monkeypatch)


@pytest.mark.slow
def test_a_sweep_killed_at_a_hundred_moments_ends_as_an_undisturbed_one(tmp_path, monkeypatch):
    plan = planned(tmp_path / "killed", 3500)
    killed_again_and_again(tmp_path / "killed", 100, 1.5)
    ends_as_an_undisturbed_one(tmp_path, plan, 3500, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("whole", [False, True], ids=["driver alone", "group"])
def test_no_worker_outlives_a_driver_that_is_killed(tmp_path, monkeypatch, whole):
    plan = planned(tmp_path / "killed", 3500)
    for seconds in (4.0, 6.0, 8.0):
        driver = start(tmp_path / "killed", 2)
        order(driver, "here")
        time.sleep(seconds)
        had = psutil.Process(driver.pid).children(recursive=True)
        (os.killpg if whole else os.kill)(driver.pid, signal.SIGKILL)
        driver.communicate(timeout=60)
        assert psutil.wait_procs(had, timeout=30)[1] == []
    ends_as_an_undisturbed_one(tmp_path, plan, 3500, monkeypatch)


def test_sigterm_ends_a_sweep_at_once_and_clears(tmp_path):
    planned(tmp_path / "killed", 2000)
    driver = start(tmp_path / "killed", 1)
    order(driver, "here")
    while not (tmp_path / "killed" / "out" / "runs").exists():
        time.sleep(0.01)
    before = time.monotonic()
    driver.send_signal(signal.SIGTERM)
    driver.communicate(timeout=60)
    assert time.monotonic() - before < 10 and driver.returncode != 0
    assert leftovers(tmp_path) == []


def test_the_next_start_clears_what_a_killed_one_left_and_nothing_of_a_live_one(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from experiments.results.hidden import Hidden;"
        "hidden = Hidden(Path(sys.argv[1])); (hidden.path / 'half').touch(); print(hidden.path, flush=True);"
        "time.sleep(60)"
    )
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / name)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for name in ("dead", "alive")
    ]
    dead, alive = (Path(maker.stdout.readline().strip()) for maker in makers)
    (tmp_path / ".mine-01234567").mkdir()
    (tmp_path / ".cache").touch()
    makers[0].kill()
    makers[0].communicate()
    assert dead.exists() and alive.exists()
    with Hidden(tmp_path / "new") as hidden:
        assert hidden.path.exists() and not dead.exists() and (alive / "half").exists()
    assert not hidden.path.exists()
    makers[1].kill()
    makers[1].communicate()
    with Hidden(tmp_path / "x" / ".." / "other") as hidden:
        hidden.appear()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cache", ".mine-01234567", "other", "x"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_whose_exception_is_lost_in_a_callback_comes_again(number):
    code = (
        "import signal, sys, time, weakref; from experiments.run.interrupt import Interrupt, breakable, heed;"
        "number = int(sys.argv[1]); heed();"
        "run = lambda: (lost(), time.sleep(30));\n"
        "def lost():\n"
        "    thing = set()\n"
        "    kept = weakref.ref(thing, lambda gone: signal.raise_signal(number))\n"
        "    del thing\n"
        "with Interrupt() as stop:\n"
        "    broken = breakable(run) is None\n"
        "    print(broken, stop.requested, flush=True)\n"
        "lost(); time.sleep(30)"
    )
    start = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", code, str(int(number))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.split() == ["True", "True"] and time.monotonic() - start < 15
    assert ended.stderr.count("stopping") == 1 and "ignored" not in ended.stderr
    assert ended.returncode != 0
    assert ended.stderr.split()[-1] in ("KeyboardInterrupt", "experiments.run.interrupt.Ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_a_comparison_that_is_ended_leaves_what_is_finished_and_nothing_else(tmp_path, number):
    command = [sys.executable, "-m", "experiments.cli.main", "compare", "--process", "gbm", "--workers", "1"]
    small = ["--set", "trader.number=8", "--set", "steps=20", "--replications", "100000", "--quiet"]
    driver = subprocess.Popen(
        [*command, *small, "--out", str(tmp_path / "out")], cwd=ROOT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (tmp_path / "out").exists() and driver.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    assert driver.poll() is None
    driver.send_signal(number)
    _, told = driver.communicate(timeout=60)
    assert "Traceback" not in told
    if number == signal.SIGTERM:
        assert driver.returncode == 128 + signal.SIGTERM
    assert {path.name for path in tmp_path.iterdir()} <= {"out"}
    assert all(path.name == "out" or list(path.iterdir()) for path in tmp_path.rglob("runs"))
    if (tmp_path / "out").exists():
        assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] in ("running", "interrupted")
