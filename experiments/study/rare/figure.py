"""The tail of a metric: how probable it is to exceed any value, with intervals, next to plain replications."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.figure.style import GREY, Look, caption, legend_above, looks, new_figure
from experiments.statistics.headline_metrics import HEADLINES, Headline
from experiments.study.rare.answer import Answer


def draw(answer: Answer) -> Figure:
    """Return the exceedance curves of all arrangements, the threshold marked."""
    figure, (panel,) = new_figure(1, 1, 3.2)
    headline = headline_of(answer.event.metric)
    for i, look in enumerate(looks(answer.arrangements).values()):
        _tail(panel, answer, i, look, headline.factor)
        if len(answer.plain):
            _plain(panel, answer, i, look, headline.factor)
    panel.axvline(answer.event.threshold * headline.factor, color=GREY, linewidth=0.8, linestyle=":")
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.set_xlabel(f"{headline.label} [{headline.unit}]")
    panel.set_ylabel("probability to exceed")
    legend_above(figure, panel)
    number, plain = answer.replications, len(answer.plain)
    dots = f" Dots: {plain} plain replications." if plain else ""
    seeds = f"{len(answer.studies)} seeds" if len(answer.studies) > 1 else "one seed"
    caption(figure, f"{number} tilted replications of {seeds}, band 95 %; dotted line: the threshold.{dots}")
    return figure


def headline_of(metric: str) -> Headline:
    """Return label, unit and factor of a metric; its own name and unit where it is no headline metric."""
    known = {headline.metric: headline for headline in HEADLINES}
    return known.get(metric, Headline(metric, metric, "own unit"))


def _tail(panel: Axes, answer: Answer, i: int, look: Look, factor: float) -> None:
    points = [(level, one) for level, one in answer.tail(i) if one.value > 0.0]
    if not points:
        return
    x = [level * factor for level, _ in points]
    panel.plot(
        x, [one.value for _, one in points], color=look.colour, linestyle=look.dash, label=answer.arrangements[i]
    )
    panel.fill_between(
        x, [one.low for _, one in points], [one.high for _, one in points], color=look.colour, alpha=0.2,
        linewidth=0.0,
    )  # fmt: skip


def _plain(panel: Axes, answer: Answer, i: int, look: Look, factor: float) -> None:
    """Draw the plain replications, a dot for every tenth of a decade."""
    ordered = np.sort(answer.plain[:, i])[::-1]
    ranks = np.unique(np.geomspace(1, len(ordered), 20).astype(int))
    panel.plot(ordered[ranks - 1] * factor, ranks / len(ordered), look.marker, color=look.colour, markersize=3)
