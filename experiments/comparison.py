"""A paired comparison: every cell on the same replications, summarised cell by cell and pair by pair.

The values of a metric in a cell are one number per replication, NaN where the run failed or the metric has
no value, so that entry r of two cells always belongs to the same world. A pair (a, b) is summarised by a -
b, a the cell named first.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.family import inference, tail_interval, with_families
from experiments.pairing import pairings
from experiments.statistic import Difference, Interval, mean_interval, paired_difference
from model.risk import expected_shortfall, value_at_risk

if TYPE_CHECKING:
    from experiments.worker import Run

# Level of value at risk and expected shortfall: with 100 replications, the worst five.
LEVEL = 0.95


class Comparison:
    """The metrics of all runs.

    Parameters
    ----------
    cells : names of the cells in the order they are shown.
    replications : numbers of the replications.
    """

    def __init__(self, cells: Sequence[str], replications: Sequence[int]) -> None:
        self.cells = tuple(cells)
        self.failed: list[Run] = []
        self.finished = 0
        self._row: dict[int, int] = {}
        self._values: dict[tuple[str, str], NDArray[np.float64]] = {}
        self.extend(replications)

    def extend(self, replications: Sequence[int]) -> None:
        """Expect further `replications`."""
        self._row |= {replication: row for row, replication in enumerate(replications, len(self._row))}
        more = np.full(len(replications), np.nan)
        self._values = {name: np.concatenate([column, more]) for name, column in self._values.items()}

    def add(self, run: "Run") -> None:
        """Take in the metrics of `run`, or note that it failed."""
        if run.failure is not None:
            self.failed.append(run)
            return
        self.finished += 1
        for metric, value in run.summary.items():
            self._column(run.cell, metric)[self._row[run.replication]] = value

    @property
    def wanted(self) -> tuple[int, ...]:
        """Numbers of all replications, finished or not."""
        return tuple(self._row)

    @property
    def replications(self) -> int:
        """Number of replications, finished or not."""
        return len(self._row)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics, in the order the runs gave them."""
        return tuple(dict.fromkeys(metric for _, metric in self._values))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair of cells, the one shown first named first."""
        return tuple(itertools.combinations(self.cells, 2))

    def values(self, cell: str, metric: str) -> NDArray[np.float64]:
        """Return (R,) values of `metric` in `cell`, in its own unit, NaN where there is none."""
        return self._values.get((cell, metric), np.full(len(self._row), np.nan))

    def interval(self, cell: str, metric: str) -> Interval:
        """Return the mean of `metric` in `cell` with its 95 % interval."""
        return mean_interval(self.values(cell, metric))

    def difference(self, a: str, b: str, metric: str) -> Difference:
        """Return the paired difference of `metric`, cell `a` less cell `b`."""
        return paired_difference(self.values(a, metric), self.values(b, metric))

    def document(self) -> dict[str, Any]:
        """Return the whole summary as nested mappings and lists."""
        return {
            "cells": {
                cell: {metric: _plain(self.interval(cell, metric)) for metric in self.metrics} for cell in self.cells
            },
            "pairs": with_families(list(self._differences())),
            "pairing": [
                {"a": pair.a, "b": pair.b, "innocents": _plain(pair.innocents), "saved": _plain(pair.saved)}
                for pair in pairings(self)
            ],
            "risk": {cell: self.risk(cell) for cell in self.cells},
        }

    def risk(self, cell: str, metric: str = "uncovered", level: float = LEVEL) -> dict[str, Any]:
        """Return value at risk and expected shortfall of `metric` with intervals, None where there are no runs."""
        values = self.values(cell, metric)
        known = values[np.isfinite(values)]
        measures = {"value_at_risk": value_at_risk, "expected_shortfall": expected_shortfall}
        found = {name: float(measure(known, level)) if len(known) else None for name, measure in measures.items()}
        intervals = {f"{name}_ci95": tail_interval(known, measure, level) for name, measure in measures.items()}
        return {"level": level, **found, **intervals}

    def _differences(self) -> Iterator[dict[str, Any]]:
        for (a, b), metric in itertools.product(self.pairs, self.metrics):
            found = self.difference(a, b, metric)
            yield {
                "metric": metric,
                "a": a,
                "b": b,
                "difference": found.mean,
                "ci95": [found.low, found.high],
                "n": found.number,
                "correlation": found.correlation,
                "variance_reduction": found.variance_reduction,
                **inference(self.values(a, metric) - self.values(b, metric)),
            }

    def _column(self, cell: str, metric: str) -> NDArray[np.float64]:
        if (cell, metric) not in self._values:
            self._values[cell, metric] = np.full(len(self._row), np.nan)
        return self._values[cell, metric]


def _plain(found: Interval) -> dict[str, Any]:
    mean, low, high, number = found
    return {"mean": mean, "ci95": [low, high], "n": number}
