"""How often each kind of interval covers the truth, on runs of this model: the numbers of docs/statistics.md.

A comparison of many replications is taken as the population: its means, quantiles and paired differences are the truth.
Samples of n worlds are drawn from it with replacement, and every interval is computed from such a sample. *Covers* is
the share of shown intervals that hold the truth; *shown* is the share of samples with an interval at all, which is less
than all where too few worlds have a loss.

To repeat it with a comparison of some 2,000 replications:

    backstop compare --set trader.number=100 --set "protocol.listings=[1]" --structure isolated --structure pooled \
        --replications 2000 --out large
    python -m experiments.validation.coverage large
"""

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.report.comparing import read_comparison
from experiments.statistics.bootstrap import bca_interval
from experiments.statistics.estimate import contrast, estimate
from experiments.statistics.interval import Ends
from experiments.statistics.statistic import mean_interval
from experiments.statistics.tail import tail
from experiments.study.comparison.answer import Comparison

NUMBERS = (20, 50, 100, 200)
TRIALS, SEED = 300, 1
METRICS = ("uncovered", "deficit", "exhausted", "any_exhausted", "borne_winners")

type Floats = NDArray[np.float64]
type Method = Callable[[Floats, Floats], Ends]


class Row(NamedTuple):
    """Share of shown intervals that hold the truth, and share of draws that have one, for each number of worlds."""

    what: str
    metric: str
    method: str
    covers: tuple[float, ...]
    shown: tuple[float, ...]


def measure(method: Method, values: tuple[Floats, Floats], truth: float, n: int, trials: int) -> tuple[float, float]:
    """Return how many shown intervals of `n` worlds hold `truth`, and how many draws have one, as shares.

    Parameters
    ----------
    method : takes the values of n worlds in two arrangements and returns an interval.
    values : (worlds,) of two arrangements, all that there are.
    """
    generator = np.random.default_rng([SEED, n])
    worlds = generator.integers(0, len(values[0]), (trials, n))
    ends = np.array([method(values[0][row], values[1][row]) for row in worlds])
    # An order statistic may have one end only, and is then an interval without the other.
    shown = ~np.isnan(ends).all(axis=1)
    slack = 1e-12 * abs(truth)
    held = ~(ends[shown, 0] > truth + slack) & ~(ends[shown, 1] < truth - slack)
    return float(held.mean()) if shown.any() else math.nan, float(shown.mean())


def rows(comparison: Comparison, trials: int = TRIALS) -> Iterator[Row]:
    """Yield a row per quantity and method: means of every arrangement, paired differences, and quantiles."""
    members = comparison.members
    for metric in (name for name in METRICS if name in comparison.metrics):
        for arrangement in comparison.arrangements:
            values = comparison.values(arrangement, metric)
            yield from _row(f"mean, {arrangement}", metric, (values, values), _means(metric, members), trials)
        for a, b in comparison.pairs:
            both = comparison.values(a, metric), comparison.values(b, metric)
            yield from _row(f"{a} - {b}", metric, both, _apart(metric, members), trials)
    for arrangement in comparison.arrangements:
        values = comparison.values(arrangement, "uncovered")
        quantile = {"order statistic": lambda x, _: tail(x).ends}
        truth = tail(values).value_at_risk
        yield from _row(f"95 % quantile, {arrangement}", "uncovered", (values, values), quantile, trials, truth)


def table(measured: list[Row]) -> str:
    """Return the rows as a Markdown table: covers, and in brackets the share shown where that is not all."""
    head = "| metric | of | interval | " + " | ".join(f"n = {n}" for n in NUMBERS) + " |"
    lines = [head, "|---" * (3 + len(NUMBERS)) + "|"]
    for row in measured:
        cells = (_cell(covers, shown) for covers, shown in zip(row.covers, row.shown, strict=True))
        lines.append(f"| `{row.metric}` | {row.what} | {row.method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _row(
    what: str,
    metric: str,
    values: tuple[Floats, Floats],
    methods: dict[str, Method],
    trials: int,
    truth: float | None = None,
) -> Iterator[Row]:
    known = np.isfinite(values[0]) & np.isfinite(values[1])
    first, second = values[0][known], values[1][known]
    if truth is None:
        truth = float(first.mean()) if values[0] is values[1] else float(np.mean(first - second))
    for name, method in methods.items():
        shares = [measure(method, (first, second), truth, n, trials) for n in NUMBERS]
        covers, shown = zip(*shares, strict=True)
        yield Row(what, metric, name, covers, shown)


def _means(metric: str, members: int) -> dict[str, Method]:
    return {
        "ours": lambda x, _: Ends(*estimate(metric, x, members)[1:3]),
        "BCa": lambda x, _: bca_interval(x),
        "Student": lambda x, _: Ends(*mean_interval(x)[1:3]),
    }


def _apart(metric: str, members: int) -> dict[str, Method]:
    return {
        "ours": lambda x, y: Ends(*contrast(metric, x, y, members)[1:3]),
        "BCa": lambda x, y: bca_interval(x - y),
        "Student": lambda x, y: Ends(*mean_interval(x - y)[1:3]),
    }


def _cell(covers: float, shown: float) -> str:
    if shown == 0.0:
        return "none shown"
    return f"{100 * covers:.1f} %" + (f" ({100 * shown:.0f} % shown)" if shown < 1.0 else "")


def main(folder: str) -> None:
    """Print the table of the comparison in `folder`."""
    manifest = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    comparison = read_comparison(Path(folder), manifest)
    print(f"{comparison.replications} replications, {TRIALS} draws of n of them\n")
    print(table(list(rows(comparison))))


if __name__ == "__main__":
    main(sys.argv[1])
