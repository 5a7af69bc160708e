"""Claims about Ctrl-C during a sweep: it ends soon, says so with 130, and what was finished is kept."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.results.sweep.store import Store

ROOT = Path(__file__).resolve().parents[3]
PLAN = """
replications = 20000
process = "gbm"
[set]
trader.number = 20
protocol.number = 3
provider.number = 2
steps = 500
[fields]
backstop.structure = ["isolated"]
"""


# On an idle core it is 0.1 s and 0.7 s; what is asked for leaves room for a loaded machine.
@pytest.mark.parametrize(("workers", "seconds"), [(1, 4.0), pytest.param(2, 10.0, marks=pytest.mark.slow)])
def test_the_first_ctrl_c_ends_a_sweep_soon_and_keeps_what_is_finished(tmp_path, workers, seconds):
    (tmp_path / "plan.toml").write_text(PLAN)
    words = ["sweep", tmp_path / "plan.toml", "--out", tmp_path / "out", "--workers", str(workers)]
    driver = subprocess.Popen(
        [sys.executable, "-m", "backstop_command", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    store, end = Store(tmp_path / "out"), time.monotonic() + 200
    while len(store.committed()) < 2 and driver.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    before, had = time.monotonic(), len(store.committed())
    driver.send_signal(signal.SIGINT)
    told = driver.communicate(timeout=60)[1]
    assert time.monotonic() - before < seconds and driver.returncode == 130
    assert len(store.committed()) >= had == len([part for part in store.committed()[:had] if len(store.numbers(part))])
    assert "interrupted: " in told and "Traceback" not in told and not list(tmp_path.rglob("*.tmp"))
