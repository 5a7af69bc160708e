"""Runs that cost nothing, and runs that kill who runs them, for the tests of sweeps."""

import os
import signal
import tempfile
from pathlib import Path

import numpy as np

from experiments.worker import Run


def tiny(cell, replication):
    """A run whose numbers tell its scenario and replication."""
    traders = cell.scenario.trader.number
    summary = {"traders": float(traders), "tenth": replication / 10.0, "nan": float("nan")}
    series = {"price": np.linspace(1, 2, 5, dtype=np.float32) * traders + replication}
    return Run(cell.name, cell.structure, cell.regime, replication, summary, series)


def raising(cell, replication):
    """A run that fails where it has 13 traders."""
    if cell.scenario.trader.number == 13:
        raise RuntimeError("unlucky")
    return tiny(cell, replication)


def deadly(cell, replication):
    """A run that kills its worker where it has 13 traders, and once where it has 14."""
    traders = cell.scenario.trader.number
    if traders == 13 or (traders == 14 and _first_time(cell)):
        os.kill(os.getpid(), signal.SIGKILL)
    return tiny(cell, replication)


def mark(seed):
    """Return the file that says that a run of this seed has died."""
    return Path(tempfile.gettempdir()) / f"backstop-test-died-{seed}"


def _first_time(cell):
    try:
        mark(cell.scenario.seed).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
