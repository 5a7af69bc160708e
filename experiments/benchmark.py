"""How fast the engine is: the reference workload beside Mesa, and the full ecosystem.

Times are CPU times of one core, the best of several, after compilation. Mesa is timed in a process of its own, where
no other package's objects slow it down, and its trajectory must be the engine's.

Absolute times vary by a factor of two between machines and hours; ratios taken in one run hold.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from experiments.benchmark_ecosystem import ecosystem_timings, growth, time_ecosystem, warm_up
from experiments.reference import advance, make_state, run
from experiments.workload import BURN_IN, Series, draw_keys, empty_series, log_returns

REFERENCE_SIZES = (1_000, 100_000)  # accounts
ECOSYSTEM_SIZES = (1_000, 10_000, 100_000, 1_000_000)  # accounts
QUICK_SIZES = (1_000, 10_000)  # accounts
COMPARED = 8_000  # accounts, a thousand at each of the default protocols
MESA_BUDGET = 4_000_000  # account-steps timed at most
REPEATS, QUICK_REPEATS = 5, 2  # runs of the Mesa model, of which the best counts
ENGINE_REPEATS = 20  # runs of the engine before and after Mesa's, likewise
TOLERANCE = 1e-9  # relative


def run_benchmark(quick: bool = False, accounts: tuple[int, ...] | None = None) -> dict[str, Any]:
    """Return all timings, ready for JSON.

    Parameters
    ----------
    quick : small sizes only.
    accounts : numbers of accounts to measure, in place of the usual ones.

    Returns
    -------
    ``reference``, ``ecosystem``, ``ecosystem_vs_mesa``, ``growth`` and ``machine``.
    """
    usual = QUICK_SIZES if quick else REFERENCE_SIZES
    repeats = QUICK_REPEATS if quick else REPEATS
    warm_up()
    ecosystem = ecosystem_timings(accounts or (QUICK_SIZES if quick else ECOSYSTEM_SIZES))
    return {
        "reference": [time_reference(number, repeats) for number in accounts or usual],
        "ecosystem": ecosystem,
        "ecosystem_vs_mesa": compare_ecosystem(repeats),
        "growth": growth(ecosystem),
        "machine": machine(),
    }


def compare_ecosystem(repeats: int) -> dict[str, Any]:
    """Return a step of the full ecosystem beside one of the Mesa reference, both at ``COMPARED`` accounts."""
    full = time_ecosystem(COMPARED, None)["seconds_per_step"]
    mesa = time_mesa(COMPARED, timed_steps(COMPARED), repeats)["seconds_per_step"]
    return {
        "accounts": COMPARED,
        "seconds_per_step": full,
        "mesa_seconds_per_step": mesa,
        "ratio": mesa / full,
    }


def time_reference(number: int, repeats: int) -> dict[str, Any]:
    """Return speeds of engine and Mesa on the same steps of the reference workload, account-steps a second."""
    steps = timed_steps(number)
    before, series = time_engine(number, steps)
    mesa = time_mesa(number, steps, repeats)
    check_same(series, mesa, number)
    engine = min(before, time_engine(number, steps)[0])
    return {
        "accounts": number,
        "account_steps_per_second": number / engine,
        "mesa_account_steps_per_second": number / mesa["seconds_per_step"],
        "ratio": mesa["seconds_per_step"] / engine,
    }


def timed_steps(number: int) -> int:
    """Return how many steps to time: a run of 400, fewer where Mesa would take too long."""
    return int(np.clip(MESA_BUDGET // number, 2, 400))


def time_engine(number: int, steps: int, seed: int = 0) -> tuple[float, Series]:
    """Return the engine's best CPU time a step after the burn-in, s, and its trajectory."""
    keys, returns = draw_keys(seed), log_returns(seed, BURN_IN + steps)
    start_state = make_state(number, keys)
    advance(start_state, keys, 0, returns[:BURN_IN])
    factors, series, times = np.exp(returns[BURN_IN:]), empty_series(steps), []
    for _ in range(ENGINE_REPEATS):
        state = start_state.copied()
        start = process_time()
        run(state, keys, BURN_IN, factors, series)
        times.append((process_time() - start) / steps)
    return min(times), series


def time_mesa(number: int, steps: int, repeats: int) -> dict[str, Any]:
    """Return what :mod:`experiments.reference_mesa` prints, run in a process of its own.

    Raises
    ------
    subprocess.CalledProcessError : if that fails.
    """
    command = [sys.executable, "-m", "experiments.reference_mesa", *map(str, (number, steps, repeats))]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def check_same(series: Series, mesa: dict[str, Any], number: int) -> None:
    """Make sure that both did the same work.

    Raises
    ------
    RuntimeError : if price, fund or liquidations of any step differ.
    """
    for name in ("price", "fund", "liquidations"):
        if not np.allclose(getattr(series, name), mesa[name], rtol=TOLERANCE, atol=0.0):
            raise RuntimeError(f"engine and Mesa model differ in {name} at {number} accounts")


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
