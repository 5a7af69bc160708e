"""The runs of a result folder as the explore view draws them: distributions, paired differences, phase diagram.

Only folders inside one folder, given when the server starts, can be opened: those of comparisons, and those of sweeps
(:mod:`experiments.app.explore.swept`), whose phase diagram is drawn where they sweep two fields or more.
"""

import os
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.types

from experiments.app.server.server import RESULTS
from experiments.results.parquet import read_table
from experiments.results.sweep.manifest_file import is_sweep, read_any_manifest
from experiments.statistics.estimate import Contrast, Estimate, contrast, estimate
from experiments.statistics.kind import members_among

KEYS = ("cell", "structure", "regime", "replication", "id")
BINS = 24
HALF = np.finfo(float).max / 2.0
Array = np.ndarray


class Pair(NamedTuple):
    """A paired difference, `a` less `b`."""

    a: str
    b: str
    values: Array  # one per replication
    summary: Contrast


class Result(NamedTuple):
    """The runs of a result folder."""

    name: str
    table: pa.Table
    manifest: dict[str, Any]

    @property
    def arrangements(self) -> list[str]:
        """Names of the arrangements, in the order of the runs."""
        return list(dict.fromkeys(self.table["cell"].to_pylist()))

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics that are numbers, those of single protocols last."""
        fields = (field for field in self.table.schema if field.name not in KEYS)
        names = [field.name for field in fields if pyarrow.types.is_floating(field.type)]
        return sorted(names, key=lambda name: name.rpartition("_")[2].isdigit())

    def values(self, arrangement: str, metric: str) -> dict[int, float]:
        """Return the metric of every replication of an arrangement; NaN where it has none."""
        columns = (self.table[name].to_pylist() for name in ("cell", "replication", metric))
        rows = zip(*columns, strict=True)
        return {number: np.nan if value is None else value for name, number, value in rows if name == arrangement}

    def interval(self, arrangement: str, metric: str) -> Estimate:
        """Return mean and interval of a metric in an arrangement, over replications in their order."""
        values = [value for _, value in sorted(self.values(arrangement, metric).items())]
        return estimate(metric, values, members_among(self.metrics))

    def pairs(self, metric: str) -> list[Pair]:
        """Return the paired differences of all arrangements."""
        return [self.pair(a, b, metric) for a, b in combinations(self.arrangements, 2)]

    def pair(self, a: str, b: str, metric: str) -> Pair:
        """Return the paired difference of two arrangements over the replications both have."""
        first, second = self.values(a, metric), self.values(b, metric)
        both = sorted(first.keys() & second.keys())
        x, y = (np.array([side[number] for number in both], dtype=float) for side in (first, second))
        return Pair(a, b, x - y, contrast(metric, x, y, members_among(self.metrics)))

    @property
    def axes(self) -> list[str]:
        """Names of the columns that are swept parameters: dotted names that take several values."""
        dotted = [name for name in self.table.column_names if "." in name]
        return [name for name in dotted if len(set(self.table[name].to_pylist())) > 1]


def base() -> Path:
    """Return the folder whose folders may be opened."""
    return Path(os.environ.get(RESULTS, "results")).absolute()


def names() -> list[str]:
    """Return the names of the result folders, newest first."""
    folders = [path.parent for path in base().glob("*/manifest.json") if (path.parent / "runs").is_dir()]
    return [folder.name for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)]


def read(name: str) -> Result:
    """Read one of :func:`names`; ValueError in plain words where it cannot be read."""
    if name not in names():
        raise ValueError(f"{name!r}: no such result folder in {base()}")
    folder = base() / name
    try:
        manifest = read_any_manifest(folder)
        table = runs_of(folder, manifest)
        if missing := {"cell", "replication"} - set(table.column_names):
            raise ValueError(f"runs without {' and '.join(sorted(missing))}")
        result = Result(name, table, manifest)
        if not (result.metrics and result.arrangements):
            raise ValueError("no run with a metric that is a number")
        return result
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, pa.ArrowException) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{name}: cannot be read: {why}") from None


def runs_of(folder: Path, manifest: dict[str, Any]) -> pa.Table:
    """Return a row per finished run of a sweep or of a comparison."""
    if not is_sweep(manifest):
        return read_table(folder / "runs")
    from experiments.app.explore.swept import swept_runs  # noqa: PLC0415  # imports DuckDB

    return swept_runs(folder)


def edges(values: Array) -> Array:
    """Return the edges of the bins of a histogram of finite `values`."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.array([0.0, 1.0])
    low, high = float(finite.min()) / 2.0, float(finite.max()) / 2.0  # halved, as the whole range may overflow
    least = BINS * np.spacing(max(abs(low), abs(high)))  # a bin is at least as wide as the spacing of the numbers
    pad = max(least - (high - low), 0.0) if high > low else max(0.25, least)
    return np.clip(np.linspace(low - pad, high + pad, BINS + 1), -HALF, HALF) * 2.0


def binned(values: Array, bins: Array) -> list[int]:
    """Return how many finite values lie in each bin."""
    return [int(count) for count in np.histogram(values[np.isfinite(values)], bins)[0]]


class Grid(NamedTuple):
    """Means of a metric, or of its paired differences, over two swept fields; `points` are [x, y, mean] by position."""

    xs: list[Any]
    ys: list[Any]
    points: list[list[float]]


def phase(result: Result, axes: tuple[str, str], metric: str, contrast: tuple[str, str], factor: float = 1.0) -> Grid:
    """Return `factor` times a metric's mean at every point: of one arrangement, or of one less another where both run.

    Parameters
    ----------
    result : the runs of a sweep.
    axes : names of the swept fields, across and up.
    metric : column of the runs.
    contrast : the arrangement, and the one to subtract or an empty name.
    factor : of the metric, from its own unit to the unit shown.
    """
    arrangement, less = contrast
    by_number = result.values(arrangement, metric)
    if less:
        other = result.values(less, metric)
        by_number = {number: value - other[number] for number, value in by_number.items() if number in other}
    columns = (result.table[name].to_pylist() for name in ("cell", "replication", *axes))
    held: dict[tuple[Any, Any], list[float]] = {}
    for name, number, x, y in zip(*columns, strict=True):
        if name == arrangement and np.isfinite(by_number.get(number, np.nan)):
            held.setdefault((x, y), []).append(factor * by_number[number])
    xs, ys = (sorted({point[axis] for point in held}) for axis in (0, 1))
    return Grid(xs, ys, [[xs.index(x), ys.index(y), float(np.mean(values))] for (x, y), values in held.items()])
