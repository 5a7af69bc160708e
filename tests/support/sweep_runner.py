"""Runs that cost nothing, and runs that kill who runs them, for the tests of sweeps."""

import fcntl
import os
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

from experiments.results.run import Run


def tiny(arrangement, replication):
    """A run whose numbers tell its scenario and replication."""
    traders = arrangement.scenario.trader.number
    summary = {"traders": float(traders), "tenth": replication / 10.0, "nan": float("nan")}
    series = {"price": np.linspace(1, 2, 5, dtype=np.float32) * traders + replication}
    return Run(arrangement.name, arrangement.structure, arrangement.regime, replication, summary, series)


def short(arrangement, replication):
    """A run that takes a few milliseconds."""
    time.sleep(0.005)
    return tiny(arrangement, replication)


def raising(arrangement, replication):
    """A run that fails where it has 13 traders."""
    if arrangement.scenario.trader.number == 13:
        raise RuntimeError("unlucky")
    return tiny(arrangement, replication)


def deadly(arrangement, replication):
    """A run that kills its worker where it has 13 traders, and once where it has 14."""
    traders = arrangement.scenario.trader.number
    if traders == 13 or (traders == 14 and _first_time(arrangement)):
        os.kill(os.getpid(), signal.SIGKILL)
    return tiny(arrangement, replication)


def crowded(arrangement, replication):
    """A run of which the machine has room for one: it ends its worker where another is under way."""
    room = os.open(
        Path(tempfile.gettempdir()) / f"backstop-test-room-{arrangement.scenario.seed}", os.O_CREAT | os.O_RDWR
    )
    try:
        fcntl.flock(room, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    os.close(room)
    return tiny(arrangement, replication)


def mark(seed):
    """Return the file that says that a run of this seed has died."""
    return Path(tempfile.gettempdir()) / f"backstop-test-died-{seed}"


def _first_time(arrangement):
    try:
        mark(arrangement.scenario.seed).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def waterfall(arrangement, replication):
    """Four protocols with funds and treasuries of 1, hit at once: severity sizes the losses, correlation evens them."""
    price = arrangement.scenario.price
    weights = np.random.default_rng(replication).dirichlet(np.full(4, 0.3))
    spread = price.severity_correlation / 4.0 + (1.0 - price.severity_correlation) * weights
    deficits = 4.0 * price.severity * spread
    pooled = arrangement.structure == "pooled"
    bare = np.full(4, max(0.0, deficits.sum() - 4.0) / 4.0) if pooled else np.maximum(0.0, deficits - 1.0)
    summary = {
        "deficit": deficits.sum(),
        "capital": 4.0,
        "uncovered": bare.sum(),
        "defaults": float((bare > 1.0).sum()),
        "borne_winners": 0.5 * bare.sum() / deficits.sum(),
    }
    return Run(arrangement.name, arrangement.structure, arrangement.regime, replication, summary, {})


def ishigami(arrangement, replication):
    """The function of Ishigami and Homma in three fields whose ranges are [0, 1], and noise shared by all points."""
    price = arrangement.scenario.price
    swept = (
        price.severity_correlation,
        arrangement.scenario.trader.attention,
        arrangement.scenario.backstop.pooled_share,
    )
    x = np.pi * (2.0 * np.array(swept) - 1.0)
    value = np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    noise = np.random.default_rng(replication).normal()
    return Run(
        arrangement.name, arrangement.structure, arrangement.regime, replication, {"y": value + noise, "still": 1.0}, {}
    )


def slow(arrangement, replication):
    """A run that takes a tenth of a second."""
    time.sleep(0.1)
    return tiny(arrangement, replication)
