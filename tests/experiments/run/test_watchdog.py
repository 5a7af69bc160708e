"""The watchdog of the tests: whatever a test hangs in, it ends, and so does what it started."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SUPPORT = Path(__file__).resolve().parents[2] / "support"
HANGING = """
import ctypes, pathlib, subprocess, sys

def test_hangs_in_native_code():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("child").write_text(str(child.pid))
    ctypes.CDLL(None).sleep(600)

def test_is_well():
    pass
"""


def alive(pid):
    """Whether a process runs; one that ended and that nobody has asked about does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("workers", ["0", pytest.param("1", marks=pytest.mark.slow)])
def test_a_hanging_test_is_ended_with_what_it_started(tmp_path, workers):
    (tmp_path / "test_hanging.py").write_text(HANGING, encoding="utf-8")
    words = ["-p", "watchdog", "-n", workers, "-o", "timeout=1", "-c", os.devnull, "--rootdir", str(tmp_path), "-q"]
    environment = {**os.environ, "PYTHONPATH": str(SUPPORT), "PYTEST_ADDOPTS": ""}
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "test_hanging.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1 and time.monotonic() - start < 30
    assert "test_hangs_in_native_code" in done.stdout + done.stderr
    assert not alive(int((tmp_path / "child").read_text()))
    assert workers == "0" or "1 failed, 1 passed" in done.stdout
