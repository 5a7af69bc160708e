"""The market the cells went through: the price, and what was liquidated at each step."""

from matplotlib.figure import Figure

from experiments.figure.band import fans, reading
from experiments.figure.result import Result
from experiments.figure.style import caption, legend_above, new_figure
from experiments.headline import LIQUIDATED, PRICE

SHOWN = (PRICE, LIQUIDATED)


def draw(result: Result) -> Figure:
    """Price above, liquidated notional below; where cells coincide, who pays did not move the market."""
    figure, panels = new_figure(2, 1, 5.2, sharex=True)
    for panel, total in zip(panels, SHOWN, strict=True):
        fans(panel, result, total)
    panels[-1].set_ylim(bottom=0)
    panels[-1].set_xlabel("step")
    legend_above(figure, panels[0])
    caption(figure, reading(result))
    return figure
