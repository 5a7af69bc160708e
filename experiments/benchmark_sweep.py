"""What a sweep costs beside its runs: ``python -m experiments.benchmark_sweep``, as JSON.

Three claims are measured. A run of 10 ms costs little more than its 10 ms when it is run in chunks: CPU time of the
driver and its workers, less their start, less the runs' own. The driver's memory does not grow with the number of runs.
And from a sample, how long 10,000 runs of 8 x 1,000 accounts over 2,016 steps take.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.sweep.execution import Where, sweep
from experiments.sweep.plan import Plan, read_plan
from experiments.worker import Run

if TYPE_CHECKING:
    from experiments.cell import Cell

SPIN = 0.010  # s of CPU, a short run
METRICS, SERIES, STEPS = 60, 50, 40  # shape of a short run's results
LARGE_RUNS, LARGE_STEPS = 10_000, 2_016
MANY, FEW = 100_000, 2_000
PLAN = """
replications = {runs}
process = "gbm"
series = {series}
[set]
steps = {steps}
trader.number = {traders}
[fields]
backstop.structure = ["pooled"]
"""


def spin_run(cell: "Cell", replication: int) -> Run:
    """Keep a core busy for 10 ms and return results as wide as a real run's."""
    start = time.process_time()
    run = null_run(cell, replication)
    while time.process_time() - start < SPIN:
        pass
    return run


def null_run(cell: "Cell", replication: int) -> Run:
    """Return results as wide as a real run's, at once."""
    summary = {f"metric_{index}": float(index + replication) for index in range(METRICS)}
    values = np.arange(STEPS, dtype=np.float32)
    series = {f"series_{index}": values + replication for index in range(SERIES)}
    return Run(cell.name, cell.structure, cell.regime, replication, summary, series)


def overhead(runs: int = FEW, workers: int = 1) -> dict[str, Any]:
    """Return the CPU time a run of 10 ms costs beyond its own, as a share of it."""
    with tempfile.TemporaryDirectory() as place:
        _cpu_of(_plan(place, "first", "spin_run", 2), 1)  # imports
        start = _cpu_of(_plan(place, "start", "spin_run", 2 * workers), workers)
        whole = _cpu_of(_plan(place, "whole", "spin_run", runs), workers)
    extra = (whole - start) / (runs - 2 * workers) - SPIN
    return {"runs": runs, "workers": workers, "seconds_per_run": extra, "share_of_a_core": extra / SPIN}


def memory(runs: int = MANY, workers: int = 2) -> dict[str, Any]:
    """Return the driver's memory after each tenth of a sweep of results that cost nothing, MB."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415

    process, sizes = psutil.Process(), []
    with tempfile.TemporaryDirectory() as place:
        plan, start = _plan(place, "many", "null_run", runs), time.monotonic()

        def look() -> bool:
            sizes.append(process.memory_info().rss / 1e6)
            return False

        sweep(plan, Path(place) / "out", engage=Where(workers).engage, stop=look, quiet=True)
    seconds = time.monotonic() - start
    tenths = [round(float(np.median(part)), 1) for part in np.array_split(sizes, 10)]
    return {"runs": runs, "workers": workers, "megabytes_by_tenth": tenths, "seconds": seconds}


def large(sample: int = 12, workers: int = 2) -> dict[str, Any]:
    """Return how long 10,000 runs of 8 x 1,000 accounts over 2,016 steps take here, from a sample of them."""
    times = []
    with tempfile.TemporaryDirectory() as place:
        for number in (workers, workers + sample):
            plan = _plan(place, f"large-{number}", None, number, LARGE_STEPS, 1_000)
            start = time.monotonic()
            sweep(plan, Path(place) / f"out-{number}", engage=Where(workers).engage, quiet=True)
            times.append(time.monotonic() - start)
        size = sum(path.stat().st_size for path in Path(place).glob(f"out-{workers + sample}/*/part-*"))
    each = (times[1] - times[0]) / sample
    return {
        "sample": sample,
        "workers": workers,
        "seconds_per_run": each,
        "hours_for_10000": each * LARGE_RUNS / 3600,
        "gigabytes_for_10000": size / (workers + sample) * LARGE_RUNS / 1e9,
    }


def run_benchmark(quick: bool = False) -> dict[str, Any]:
    """Return all three, ready for JSON; `quick` on small sizes."""
    large(1)  # compiles
    return {
        "overhead": [overhead(200 if quick else FEW, workers) for workers in (1, 2)],
        "memory": memory(FEW if quick else MANY),
        "large": large(2 if quick else 12),
    }


def _plan(
    place: str, name: str, runner: str | None, runs: int, steps: int = STEPS, traders: int = 10, series: str = "true"
) -> Plan:
    path = Path(place) / f"{name}.toml"
    path.write_text(PLAN.format(runs=runs, steps=steps, traders=traders, series=series), encoding="utf-8")
    made_by = {"runner": f"experiments.benchmark_sweep:{runner}"} if runner else {}
    return read_plan(path, allow_many=True, **made_by)


def _cpu_of(plan: Plan, workers: int) -> float:
    """Return the CPU time of a sweep, its workers' included, s."""
    with tempfile.TemporaryDirectory() as place:
        start = _cpu()
        sweep(plan, Path(place) / "out", engage=Where(workers).engage, quiet=True)
        return _cpu() - start


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    print(json.dumps(run_benchmark("--quick" in sys.argv), indent=2))
