"""What a sweep costs next to its runs: ``python -m experiments.benchmark.sweep``, as JSON.

Three claims are measured. A run of 10 ms costs little more than its 10 ms when it is run in chunks: CPU time of the
driver and its workers, less their start, less the runs' own. The driver's memory does not grow with the number of runs.
And from a sample, how long 10,000 runs of 8 x 1,000 accounts over 2,016 steps take.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil  # type: ignore[import-untyped]

from experiments.plan.plan import RUNNER, Plan, Task, read_plan
from experiments.results.run import Run
from experiments.run.executor import Executor
from experiments.run.sweep.chunk import Job, Product
from experiments.run.sweep.run import Where, sweep

if TYPE_CHECKING:
    from experiments.plan.arrangement import Arrangement

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
protocol.listings = [1]
[fields]
backstop.structure = ["pooled"]
"""


def spin_run(arrangement: "Arrangement", replication: int) -> Run:
    """Keep a core busy for 10 ms and return results as wide as a real run's."""
    start = time.process_time()
    run = null_run(arrangement, replication)
    while time.process_time() - start < SPIN:
        pass
    return run


def null_run(arrangement: "Arrangement", replication: int) -> Run:
    """Return results as wide as a real run's, at once."""
    summary = {f"metric_{index}": float(index + replication) for index in range(METRICS)}
    values = np.arange(STEPS, dtype=np.float32)
    series = {f"series_{index}": values + replication for index in range(SERIES)}
    return Run(arrangement.name, arrangement.structure, arrangement.regime, replication, summary, series)


def overhead(runs: int = FEW, workers: int = 1) -> dict[str, Any]:
    """Return the CPU time a run of 10 ms costs beyond its own, as a share of it."""
    with tempfile.TemporaryDirectory() as folder:
        _cost(_plan(folder, "first", "spin_run", 2), 1)  # imports
        start = _cost(_plan(folder, "start", "spin_run", 2 * workers), workers).cpu
        whole = _cost(_plan(folder, "whole", "spin_run", runs), workers).cpu
    extra = (whole - start) / (runs - 2 * workers) - SPIN
    return {"runs": runs, "workers": workers, "seconds_per_run": extra, "share_of_a_core": extra / SPIN}


def memory(runs: int = MANY, workers: int = 2) -> dict[str, Any]:
    """Return the driver's memory ten times during a sweep of results that cost nothing, MB."""
    process, sizes = psutil.Process(), []
    with tempfile.TemporaryDirectory() as folder:
        plan, start = _plan(folder, "many", "null_run", runs), time.monotonic()

        def look() -> bool:
            sizes.append(process.memory_info().rss / 1e6)
            return False

        sweep(plan, Path(folder) / "out", open_executor=Where(workers).open, stop=look, quiet=True)
    seconds = time.monotonic() - start
    tenths = [round(sizes[index], 1) for index in np.linspace(0, len(sizes) - 1, 10).astype(int)]
    return {"runs": runs, "workers": workers, "megabytes_by_tenth": tenths, "seconds": seconds}


def large(sample: int = 12, workers: int = 2) -> dict[str, Any]:
    """Return how long 10,000 runs of 8 x 1,000 accounts over 2,016 steps take here, from a sample of them."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (
            _cost(_plan(folder, f"large-{number}", None, number, LARGE_STEPS, 1_000), workers)
            for number in (workers, workers + sample)
        )
    return {
        "sample": sample,
        "workers": workers,
        "wall_hours": (many.wall - few.wall) / sample * LARGE_RUNS / 3600,
        "core_hours": (many.cpu - few.cpu) / sample * LARGE_RUNS / 3600,
        "gigabytes": (many.size - few.size) / sample * LARGE_RUNS / 1e9,
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
    return read_plan(path, allow_many=True, runner=f"experiments.benchmark.sweep:{runner}" if runner else RUNNER)


class Cost(NamedTuple):
    """What a sweep took from when its workers were there: s by the clock, s of CPU of all processes, bytes on disk."""

    wall: float
    cpu: float
    size: int


def _cost(plan: Plan, workers: int) -> Cost:
    spent: list[float] = []

    @contextmanager
    def metered(job: Job) -> Iterator[Executor[Task, Product]]:
        with Where(workers).open(job) as executor:
            start = time.monotonic(), _cpu()
            yield executor
            spent.extend((time.monotonic() - start[0], _cpu() - start[1]))

    with tempfile.TemporaryDirectory() as folder:
        sweep(plan, Path(folder) / "out", open_executor=metered, quiet=True)
        size = sum(path.stat().st_size for path in Path(folder).glob("out/*/part-*"))
    return Cost(spent[0], spent[1], size)


def _cpu() -> float:
    """Return the CPU time of this process and all below it so far, s."""
    driver = psutil.Process()
    times = [process.cpu_times() for process in (driver, *driver.children(recursive=True))]
    return sum(used.user + used.system for used in times)


if __name__ == "__main__":
    print(json.dumps(run_benchmark("--quick" in sys.argv), indent=2))
