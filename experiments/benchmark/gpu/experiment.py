"""The compiled schedule on a GPU, next to one core: an experiment, not a backend.

``python -m experiments.benchmark.gpu`` runs worlds many times over, a run a thread, and prints how far the results are
from the CPU's and how many runs a second each gives. What an act leaves to Python (:mod:`model.schedule`) stops that
thread alone: the state of its run is copied to the host, Python does the act as in any run, and the state goes back.
So whole runs are covered, those with deficits too, and an act that becomes a kernel later stays on the GPU by itself.

It needs an NVIDIA GPU and the extra ``gpu``; :func:`lacking` says which of them is missing. What it gave is in
``docs/decisions/gpu.md``.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from time import perf_counter, process_time
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import numpy as np

from experiments.benchmark.compiled import CALM
from experiments.benchmark.gpu.gpu_layout import REST, STATE, Layout, Packer, World, twin
from experiments.benchmark.suite import machine
from experiments.plan.scenario_option import DEFAULT_PRICES
from model.ecosystem import Ecosystem
from model.engine.code import code_for
from model.engine.run import do, switched_on
from model.measure.kind import KINDS, SHARE
from model.scenario import Scenario
from model.schedule import ACTS

Array = np.ndarray

WORLDS: dict[str, dict[str, Any]] = {
    "calm day": {**CALM, "steps": 2_016},
    "10 October 2025": {**DEFAULT_PRICES},
}
NUMBERS = (64, 512)  # runs
COMPARED = 64  # runs of a batch, at most, that a core runs too
LANES = 1  # runs in a warp of 32 threads; more wait for each other (docs/decisions/gpu.md)
EQUAL = 1e-12  # most that two runs may be apart


class Device(Protocol):
    """What keeps the rows of many runs and takes them through the schedule."""

    def write(self, run: int, row: int, room: Array) -> None:
        """Copy `room`, (bytes,), to the state or the rest of a run."""

    def read(self, run: int, row: int, room: Array) -> None:
        """Copy the state or the rest of a run to `room`, (bytes,)."""

    def launch(self, runs: Array, stops: Array, clocks: Array, last: int) -> None:
        """Take `runs` on, each until an act is Python's or the step is `last`; `clocks` of those runs are written.

        Parameters
        ----------
        runs : (some,) int64, which ones.
        stops : (runs, acts) bool, which acts are Python's at every step.
        clocks : (runs, 2) int64, step and act of every run.
        last : step before which to end.
        """


class Core:
    """One core instead of a GPU, one run after the other: what the rows go through must come out the same.

    Parameters
    ----------
    layout : of the runs.
    worlds : of the runs; they are copied.
    """

    def __init__(self, layout: Layout, worlds: Sequence[World]) -> None:
        self.worlds = [twin(world) for world in worlds]
        self.packers = [Packer(layout, world) for world in self.worlds]
        self.advance, self.entries = code_for(*self.worlds[0]).run()

    def write(self, run: int, row: int, room: Array) -> None:
        """Copy `room` to a run."""
        self.packers[run].unpack(row, room)

    def read(self, run: int, row: int, room: Array) -> None:
        """Copy a run to `room`."""
        self.packers[run].pack(row, room)

    def launch(self, runs: Array, stops: Array, clocks: Array, last: int) -> None:
        """Take `runs` on (:meth:`Device.launch`)."""
        for run in runs:
            self.advance(*self.worlds[run], stops[run], self.entries, clocks[run], last)


class Spent(NamedTuple):
    """Seconds that a batch took."""

    up: float  # copying all runs to the device
    kernel: float
    python: float  # what acts left to Python, and copying for it
    down: float  # copying results back


class Batch:
    """Runs of the same kind, taken to their end on a device.

    Parameters
    ----------
    ecosystems : the runs, at their start; they are at their end when all is done.
    make : makes the device of their layout and worlds.

    Attributes
    ----------
    acts : how often an act was Python's.
    """

    def __init__(
        self, ecosystems: Sequence[Ecosystem], make: Callable[[Layout, Sequence[World]], Device]
    ) -> None:  # fmt: skip
        worlds = [World(each.kernel_tables, each.rules, each.tape) for each in ecosystems]
        self.ecosystems, self.last, self.acts = ecosystems, ecosystems[0].horizon, 0
        layout = Layout(worlds[0])
        self.packers = [Packer(layout, world) for world in worlds]
        self.rooms = [np.zeros(size, np.uint8) for size in layout.sizes]
        self.clocks = np.zeros((len(worlds), 2), np.int64)
        self.stops = np.zeros((len(worlds), len(ACTS)), np.bool_)
        self.device = make(layout, worlds)

    def run(self) -> Spent:
        """Run all to the end."""
        waiting, kernel, python, start = np.arange(len(self.clocks)), 0.0, 0.0, perf_counter()
        for run in range(len(waiting)):
            self._send(run, (STATE, REST))
        up = perf_counter() - start
        while len(waiting):
            began = perf_counter()
            self.device.launch(waiting, self.stops, self.clocks, self.last)
            ended = perf_counter()
            waiting = waiting[self.clocks[waiting, 0] < self.last]
            for run in waiting:
                self._act(int(run))
            kernel, python = kernel + ended - began, python + perf_counter() - ended
        began = perf_counter()
        for run in range(len(self.clocks)):
            self._fetch(run, (STATE, REST))
        return Spent(up, kernel, python, perf_counter() - began)

    def _send(self, run: int, rows: Sequence[int]) -> None:
        """Copy a run to the device."""
        for row in rows:
            self.packers[run].pack(row, self.rooms[row])
            self.device.write(run, row, self.rooms[row])
        on = switched_on(self.ecosystems[run])
        self.stops[run] = [act in on for _, act, _ in ACTS]

    def _fetch(self, run: int, rows: Sequence[int]) -> None:
        """Copy a run from the device; raise what a kernel left as wrong."""
        for row in rows:
            self.device.read(run, row, self.rooms[row])
            self.packers[run].unpack(row, self.rooms[row])
        self.ecosystems[run].stand_at(*map(int, self.clocks[run]))

    def _act(self, run: int) -> None:
        """Do what the present act of a run leaves to Python."""
        self._fetch(run, (STATE,))
        self.clocks[run, 1] = do(self.ecosystems[run], int(self.clocks[run, 1]), set())
        self.acts += 1
        self._send(run, (STATE,))


def lacking() -> str:
    """Return what a run on a GPU lacks here, a phrase; empty where nothing."""
    if find_spec("numba_cuda") is None:
        return "numba-cuda is not installed (the extra gpu)"
    return "" if kernels().has_device() else "there is no NVIDIA GPU"


def kernels() -> ModuleType:
    """Return the module that needs numba-cuda; 0.30 of it asks for a name that NumPy 2.5 no longer has."""
    vars(np).setdefault("row_stack", np.vstack)
    return import_module("experiments.benchmark.gpu.gpu_kernel")


def distances(one: Ecosystem, other: Ecosystem) -> Iterator[tuple[str, float]]:
    """Yield series, columns of accounts and metrics with how far two runs are apart.

    Series and columns are compared on the scale of their greatest value, metrics on that of their value; but shares and
    the ledger's imbalance on that of 1, and profits, differences of all the money there is, on that of the money.
    """
    ours, theirs = one.series(), other.series()
    yield from ((name, distance(ours[name], theirs[name])) for name in ours)
    for name in one.accounts._fields:
        yield f"accounts.{name}", distance(getattr(one.accounts, name), getattr(other.accounts, name))
    mine, yours, money = one.summary(), other.summary(), float(other.ledger.book.peak[0])
    yield from ((name, distance(np.array(mine[name]), np.array(yours[name]), _scale(name, money))) for name in mine)


def _scale(name: str, money: float) -> float:
    """Return the least scale a metric is compared on."""
    if name == "imbalance" or re.fullmatch(KINDS[SHARE], name):
        return 1.0
    return money if name.endswith("_profit") else 0.0


def distance(one: Array, other: Array, least: float = 0.0) -> float:
    """Return the greatest difference over the greatest value, or `least` if that is more; inf where one is NaN."""
    if np.array_equal(one, other, equal_nan=True):
        return 0.0
    differs = (one != other) & ~(np.isnan(one) & np.isnan(other))
    scale = max(float(np.abs(other[np.isfinite(other)]).max(initial=0.0)), least)
    gap = float(np.abs(one[differs] - other[differs]).max()) / scale if scale > 0.0 else np.inf
    return gap if np.isfinite(gap) else np.inf


def compare(name: str, runs: int, lanes: int = LANES) -> dict[str, Any]:
    """Return the record of one world: runs a second on the GPU and on a core, and how far they are apart.

    All but the set-up of the runs counts: copying, kernels, and Python's part. Of the core's runs the median counts.
    """
    ecosystems = [Ecosystem(Scenario().replace(WORLDS[name]), replication) for replication in range(runs)]
    batch = Batch(ecosystems, partial(kernels().Gpu, lanes=lanes))
    spent = batch.run()
    apart, core = zip(*(_on_core(each) for each in ecosystems[:COMPARED]), strict=True)
    worst = max((gap, series) for gaps in apart for series, gap in gaps)
    return {
        "world": name,
        "runs": runs,
        "runs_per_second": runs / sum(spent),
        "kernel_runs_per_second": runs / spent.kernel,
        "core_runs_per_second": 1.0 / median(core),
        "seconds": spent._asdict(),
        "python_acts": batch.acts,
        "compared": len(apart),
        "equal": sum(all(gap <= EQUAL for _, gap in gaps) for gaps in apart),
        "furthest": {"by": worst[0], "in": worst[1]},
    }


def _on_core(ecosystem: Ecosystem) -> tuple[list[tuple[str, float]], float]:
    """Return how far a run is from the same on this core, name by name, and the seconds that took the core."""
    again = Ecosystem(ecosystem.scenario, ecosystem.replication)
    start = process_time()
    again.run()
    return list(distances(ecosystem, again)), process_time() - start


def main() -> int:
    """Print the records of all worlds as JSON, or what is missing for them."""
    options = argparse.ArgumentParser(description="The compiled schedule on a GPU, next to one core.")
    options.add_argument("--runs", type=int, nargs="+", default=NUMBERS, help="runs of a batch")
    options.add_argument("--lanes", type=int, default=LANES, help="runs in a warp of 32 threads")
    given = options.parse_args()
    if missing := lacking():
        print(f"nothing is measured: {missing}", file=sys.stderr)
        return 1
    for name in WORLDS:
        compare(name, 1)  # compiles
    records = [compare(name, runs, given.lanes) for name in WORLDS for runs in given.runs]
    print(json.dumps({"gpu": kernels().device_name(), "machine": machine(), "worlds": records}, indent=2))
    return 0
