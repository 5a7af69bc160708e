"""A fan: the median path of an arrangement within the middle 90 % of its replications, at each step."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import caption, legend_above, looks, new_figure
from experiments.statistics.headline_metrics import Total
from experiments.study.comparison.figure.result import Result

QUANTILES = (0.05, 0.5, 0.95)


def stacked(result: Result, shown: Sequence[Total], from_zero: Sequence[Total]) -> Figure:
    """Return two panels over one time axis, a fan per arrangement; those `from_zero` have axes that begin there."""
    figure, panels = new_figure(2, 1, 5.2, sharex=True)
    for panel, total in zip(panels, shown, strict=True):
        fans(panel, result, total)
        if total in from_zero:
            panel.set_ylim(bottom=0)
    panels[-1].set_xlabel("step")
    legend_above(figure, panels[0])
    caption(figure, reading(result))
    return figure


def fans(panel: Axes, result: Result, total: Total) -> None:
    """Draw one fan per arrangement that has the series."""
    for arrangement, look in looks(result.comparison.arrangements).items():
        paths = result.series.get(arrangement, {}).get(total.name)
        if paths is None:
            continue
        low, middle, high = np.quantile(paths * total.factor, QUANTILES, axis=0)
        steps = np.arange(1, len(middle) + 1)
        panel.fill_between(steps, low, high, color=look.colour, alpha=0.13, linewidth=0)
        panel.plot(steps, middle, color=look.colour, linestyle=look.dash, label=arrangement)
    panel.set_ylabel(f"{total.label} [{total.unit}]")
    panel.margins(x=0)


def reading(result: Result) -> str:
    """Return how a fan is read, for the caption."""
    number = result.comparison.replications
    return f"Lines: median; bands: 5 to 95 % of {number} paired replications, at each step."
