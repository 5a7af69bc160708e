"""Capital left and loss uncovered over time."""

from matplotlib.figure import Figure

from experiments.figure.band import fans, reading
from experiments.figure.result import Result
from experiments.figure.style import caption, legend_above, new_figure
from experiments.headline import CAPITAL, UNCOVERED

SHOWN = (CAPITAL, UNCOVERED)


def draw(result: Result) -> Figure:
    """Two panels over a common time axis, one fan per cell."""
    figure, panels = new_figure(2, 1, 5.2, sharex=True)
    for panel, total in zip(panels, SHOWN, strict=True):
        fans(panel, result, total)
        panel.set_ylim(bottom=0)
    panels[-1].set_xlabel("step")
    legend_above(figure, panels[0])
    caption(figure, reading(result))
    return figure
