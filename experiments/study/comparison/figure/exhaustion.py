"""How many funds ran out: the distribution over replications, arrangement by arrangement."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.figure.style import GREY, caption, legend_above, looks, new_figure
from experiments.statistics.headline_metrics import EXHAUSTED, Total
from experiments.statistics.interval import clopper_pearson
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.result import Result

# No series: the metrics of the runs suffice.
SHOWN: tuple[Total, ...] = ()

# Share of the space between two counts that the bars fill.
FILLED = 0.8


def draw(result: Result) -> Figure:
    """Bars: the share of finished runs in which at least k funds were exhausted, for k from 1."""
    comparison = result.comparison
    figure, (panel,) = new_figure(1, 1, 3.2)
    counts = np.arange(1, _most(comparison) + 1)
    width = FILLED / len(comparison.arrangements)
    for number, (arrangement, look) in enumerate(looks(comparison.arrangements).items()):
        offset = (number - (len(comparison.arrangements) - 1) / 2) * width
        share, low, high = _reached(comparison, arrangement, counts)
        panel.bar(counts + offset, share, width, color=look.colour, label=arrangement)
        panel.vlines(counts + offset, low, high, color=GREY, linewidth=0.8)
    panel.set_xticks(counts)
    panel.set_xlabel("k, funds exhausted")
    panel.set_ylabel("share of runs with at least k")
    panel.set_ylim(0, 1)
    panel.grid(visible=False, axis="x")
    legend_above(figure, panel)
    caption(figure, f"Share of {comparison.replications} paired replications, lines: 95 % interval (Clopper–Pearson).")
    return figure


def _most(comparison: Comparison) -> int:
    reached = [_finite(comparison, arrangement).max(initial=1.0) for arrangement in comparison.arrangements]
    return int(max(reached))


def _reached(comparison: Comparison, arrangement: str, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (3, counts) share of runs with at least so many, and the ends of its exact interval."""
    values = _finite(comparison, arrangement)
    runs = (values >= counts[:, None]).sum(axis=1)
    ends = [clopper_pearson(int(number), values.size) for number in runs]
    return np.vstack([runs / max(1, values.size), np.transpose(ends)])


def _finite(comparison: Comparison, arrangement: str) -> NDArray[np.float64]:
    values = comparison.values(arrangement, EXHAUSTED)
    return values[np.isfinite(values)]
