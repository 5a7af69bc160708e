"""A paired comparison: every arrangement on the same replications, summarised one by one and pair by pair.

The values of a metric in an arrangement are one number per replication, NaN where the run failed or the metric has
no value, so that entry r of two arrangements always belongs to the same world. A pair (a, b) is summarised by a -
b, a the arrangement named first.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.estimate import Contrast, Estimate, contrast, estimate
from experiments.statistics.headline_metrics import Headline, shown
from experiments.statistics.kind import members_among
from experiments.statistics.multiple_testing import row, with_families
from experiments.statistics.tail import LEVEL, tail
from experiments.study.comparison.innocents import pairings
from model.measure.kind import is_metric

if TYPE_CHECKING:
    from experiments.results.run import Run


class Comparison:
    """The metrics of all runs.

    Parameters
    ----------
    arrangements : names of the arrangements in the order they are shown.
    replications : numbers of the replications.
    """

    def __init__(self, arrangements: Sequence[str], replications: Sequence[int]) -> None:
        self.arrangements = tuple(arrangements)
        self.failed: list[Run] = []
        self.finished = 0
        self._row: dict[int, int] = {}
        self._values: dict[tuple[str, str], NDArray[np.float64]] = {}
        self._contrasts: dict[tuple[str, str, str], Contrast] = {}
        self.extend(replications)

    def extend(self, replications: Sequence[int]) -> None:
        """Add `replications` still to come."""
        self._row |= {replication: row for row, replication in enumerate(replications, len(self._row))}
        self._contrasts.clear()
        more = np.full(len(replications), np.nan)
        self._values = {name: np.concatenate([column, more]) for name, column in self._values.items()}

    def add(self, run: "Run") -> None:
        """Add the metrics of `run`, or note that it failed."""
        if run.failure is not None:
            self.failed.append(run)
            return
        self.finished += 1
        self._contrasts.clear()
        for metric, value in run.summary.items():
            self._column(run.arrangement, metric)[self._row[run.replication]] = value

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
    def headlines(self) -> tuple[Headline, ...]:
        """What tables show first: the headline metrics, then those that a user's own functions report."""
        own = (Headline(name, name, "reported", paired=True) for name in self.metrics if not is_metric(name))
        return (*shown(self.metrics), *own)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every pair of arrangements, the one shown first named first."""
        return tuple(itertools.combinations(self.arrangements, 2))

    def values(self, arrangement: str, metric: str) -> NDArray[np.float64]:
        """Return (R,) values of `metric` in `arrangement`, in its own unit, NaN where there is none."""
        return self._values.get((arrangement, metric), np.full(len(self._row), np.nan))

    @property
    def members(self) -> int:
        """Number of protocols of a run, 0 where the runs do not report them one by one."""
        return members_among(self.metrics)

    def interval(self, arrangement: str, metric: str) -> Estimate:
        """Return the mean of `metric` in `arrangement` with its 95 % interval."""
        return estimate(metric, self.values(arrangement, metric), self.members)

    def difference(self, a: str, b: str, metric: str) -> Contrast:
        """Return the paired difference of `metric`, arrangement `a` less arrangement `b`."""
        key = a, b, metric
        if key not in self._contrasts:
            self._contrasts[key] = contrast(metric, self.values(a, metric), self.values(b, metric), self.members)
        return self._contrasts[key]

    def differences(self, metrics: Sequence[str]) -> list[dict[str, Any]]:
        """Return every paired difference of `metrics`, each with its family and adjusted p."""
        return with_families(
            [
                row(metric, a, b, self.difference(a, b, metric), self.values(a, metric) - self.values(b, metric))
                for (a, b), metric in itertools.product(self.pairs, metrics)
            ]
        )

    def document(self) -> dict[str, Any]:
        """Return the whole summary as nested mappings and lists."""
        return {
            "cells": {
                arrangement: {metric: _plain(self.interval(arrangement, metric)) for metric in self.metrics}
                for arrangement in self.arrangements
            },
            "pairs": self.differences(self.metrics),
            "pairing": [
                {"a": pair.a, "b": pair.b, "innocents": _plain(pair.innocents), "saved": _plain(pair.saved)}
                for pair in pairings(self.pairs, self.metrics, self.values)
            ],
            "risk": {arrangement: self.risk(arrangement) for arrangement in self.arrangements},
        }

    def risk(self, arrangement: str, metric: str = "uncovered", level: float = LEVEL) -> dict[str, Any]:
        """Return the tail of `metric`, None where there are no runs; expected shortfall has no interval."""
        worst = tail(self.values(arrangement, metric), level)
        known = worst.number > 0
        return {
            "level": level,
            "value_at_risk": worst.value_at_risk if known else None,
            "expected_shortfall": worst.expected_shortfall if known else None,
            "value_at_risk_ci95": list(worst.ends),
            "expected_shortfall_ci95": [math.nan, math.nan],
            "tail_runs": worst.runs,
            "n": worst.number,
        }

    def _column(self, arrangement: str, metric: str) -> NDArray[np.float64]:
        if (arrangement, metric) not in self._values:
            self._values[arrangement, metric] = np.full(len(self._row), np.nan)
        return self._values[arrangement, metric]


def _plain(summary: Estimate) -> dict[str, Any]:
    return {
        "mean": summary.mean,
        "ci95": [summary.low, summary.high],
        "n": summary.number,
        "events": summary.events,
        "kind": summary.kind,
        "method": summary.method,
    }
