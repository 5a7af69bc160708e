"""Claims about progress: one display for all studies, that says rate, time left and what is waited for."""

import io
import sys

import pytest

from experiments.run import progress as progress_module
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress, waiting


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes by ten seconds a look."""
    times = iter(range(0, 100_000, 10))
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: float(next(times)))


def test_a_log_tells_rate_and_time_left_of_the_runs_made_now(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    with Progress(100, found=50) as progress:
        progress.advance(10)
    # Ten runs in twenty seconds; forty are left.
    assert log.getvalue() == "60 of 100 runs, 0.5 runs/s, 0:00:20 gone, 0:01:20 left\n"


def test_runs_found_are_no_progress(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    with Progress(40) as progress:
        progress.found = 30
        for _ in range(30):
            progress.advance()
        assert log.getvalue() == ""
        progress.advance(10)
    assert log.getvalue().startswith("40 of 40 runs, ")


def test_what_is_waited_for_is_told_where_progress_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    monkeypatch.setattr("experiments.run.compile.halves", lambda: (len,))
    waiting("nobody hears this")
    with Progress(1), WorkerPool(1) as pool:
        pool.compile(None)
    with Progress(1, quiet=True), WorkerPool(1) as pool:
        pool.compile(None)
    assert log.getvalue() == "compiling, some 20 s\n"
