"""Means of the headline metrics, arrangement by arrangement, with their intervals."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import Look, caption, looks, new_figure
from experiments.statistics.headline_metrics import Headline, Total, shown
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.result import Result

# No series: the metrics of the runs suffice.
SHOWN: tuple[Total, ...] = ()

COLUMNS = 3


def draw(result: Result) -> Figure:
    """One panel per headline metric; a dot is a mean, its bar the 95 % interval."""
    comparison = result.comparison
    headlines = shown(comparison.metrics)
    rows = max(1, math.ceil(len(headlines) / COLUMNS))
    height = rows * (0.75 + 0.22 * len(comparison.arrangements)) + 0.5
    figure, panels = new_figure(rows, COLUMNS, height, sharey=True)
    for panel in panels[len(headlines) :]:
        panel.remove()
    for panel, headline in zip(panels, headlines, strict=False):
        _panel(panel, comparison, headline)
    caption(
        figure,
        f"Mean and 95 % interval of {comparison.replications} paired replications: exact for shares of runs,"
        "\nbootstrap-t for other means; no bar where too few runs differ for an interval.",
    )
    return figure


def _panel(panel: Axes, comparison: Comparison, headline: Headline) -> None:
    intervals = [comparison.interval(arrangement, headline.metric)[:3] for arrangement in comparison.arrangements]
    for row, look in enumerate(looks(comparison.arrangements).values()):
        _dot(panel, row, [value * headline.factor for value in intervals[row]], look)
    panel.set_title(headline.label, loc="left")
    panel.set_xlabel(headline.unit)
    panel.set_yticks(range(len(comparison.arrangements)), comparison.arrangements)
    panel.set_ylim(len(comparison.arrangements) - 0.5, -0.5)
    if all(mean == 0.0 for mean, _, _ in intervals):
        panel.set_xlim(0.0, 1.0)
    panel.set_xlim(left=min(0.0, panel.get_xlim()[0]))


def _dot(panel: Axes, row: int, values: list[float], look: Look) -> None:
    mean, low, high = values
    if not math.isnan(low):
        panel.plot([low, high], [row, row], color=look.colour, linewidth=2.0, solid_capstyle="butt")
    panel.plot([mean], [row], look.marker, color=look.colour, markersize=5, clip_on=False)
