"""How fast the engine is: the reference workload next to Mesa and C, and the full ecosystem.

Times are CPU times of one core after compilation: of the ecosystem the best of several, of Mesa and engine those of
the median lap of a race (:mod:`experiments.benchmark.reference_timing`), where both must take the same path.

Absolute times vary by a factor of two between machines and hours; ratios taken in one run hold.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from experiments.benchmark.channel import channel_cost, clearing_timing
from experiments.benchmark.compiled import compiled_ratios, run_times
from experiments.benchmark.ecosystem import cross_cost, ecosystem_timings, growth, warm_up
from experiments.benchmark.loss import loss_timings
from experiments.benchmark.rare import rare_gains
from experiments.benchmark.start import start_times

REFERENCE_SIZES = (1_000, 100_000)  # accounts
ECOSYSTEM_SIZES = (1_000, 10_000, 100_000, 1_000_000)  # accounts
QUICK_SIZES = (1_000, 10_000)  # accounts
COMPARED = 8_000  # accounts, a thousand at each of the default protocols
CROSS = 100_000  # accounts of three positions each
MESA_BUDGET = 4_000_000  # account-steps timed at most
LAPS, QUICK_LAPS = 5, 1  # of engine against Mesa, of which the median counts


def run_benchmark(
    quick: bool = False, accounts: tuple[int, ...] | None = None, start: bool = False, rare: bool = False
) -> dict[str, Any]:
    """Return all timings, ready for JSON.

    Parameters
    ----------
    quick : small sizes only.
    accounts : numbers of accounts to measure, in place of the usual ones.
    start : measure also what a short command costs, a minute.
    rare : whether to measure the gain of splitting too, which takes many minutes.

    Returns
    -------
    ``reference``, ``ecosystem``, ``ecosystem_vs_mesa``, ``compiled``, ``run``, ``channels``, ``cross``, ``clearing``,
    ``growth``, ``loss_regime``, ``start`` and ``rare`` (None where they are not measured) and ``machine``.
    """
    usual = QUICK_SIZES if quick else REFERENCE_SIZES
    laps = QUICK_LAPS if quick else LAPS
    warm_up()
    ecosystem = ecosystem_timings(accounts or (QUICK_SIZES if quick else ECOSYSTEM_SIZES))
    return {
        "reference": [time_reference(number, laps) for number in accounts or usual],
        "ecosystem": ecosystem,
        "ecosystem_vs_mesa": compare_ecosystem(laps),
        "compiled": compiled_ratios(quick),
        "run": run_times(quick),
        "channels": channel_cost(COMPARED, laps),
        "cross": cross_cost(COMPARED // 10 if quick else CROSS, laps),
        "clearing": clearing_timing(),
        "growth": growth(ecosystem),
        "loss_regime": loss_timings(quick),
        "start": start_times() if start else None,
        "rare": rare_gains(quick) if rare else None,
        "machine": machine(),
    }


def compare_ecosystem(laps: int) -> dict[str, Any]:
    """Return a step of the full ecosystem next to one of the Mesa reference, both at ``COMPARED`` accounts."""
    return {"accounts": COMPARED} | race_apart("ecosystem", COMPARED, laps)


def time_reference(number: int, laps: int) -> dict[str, Any]:
    """Return speeds of engine and Mesa on the same steps of the reference workload, account-steps a second.

    ``c_ratio`` is the engine's speed over that of the same workload in C, None where there is no C compiler.
    """
    times = race_apart("engine", number, laps)
    return {
        "accounts": number,
        "account_steps_per_second": number / times["seconds_per_step"],
        "mesa_account_steps_per_second": number / times["mesa_seconds_per_step"],
        "ratio": times["ratio"],
        "c_ratio": times["c_ratio"],
    }


def timed_steps(number: int) -> int:
    """Return how many steps to time: a run of 400, fewer where Mesa would take too long."""
    return int(np.clip(MESA_BUDGET // number, 2, 400))


def race_apart(opponent: str, number: int, laps: int) -> dict[str, Any]:
    """Return what :mod:`experiments.benchmark.reference_timing` prints, run in a process of its own.

    Raises
    ------
    subprocess.CalledProcessError : if that fails, as it does when engine and Mesa model part.
    """
    words = (opponent, str(number), str(timed_steps(number)), str(laps))
    command = [sys.executable, "-m", "experiments.benchmark.reference_timing", *words]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def machine() -> dict[str, Any]:
    """Return what the times were measured on."""
    packages = {name: version(name) for name in ("numpy", "numba", "mesa")}
    return {"cpu": processor(), "cores": os.cpu_count(), "python": platform.python_version(), **packages}


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
