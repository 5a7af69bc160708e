"""Capital left and loss uncovered over time."""

from matplotlib.figure import Figure

from experiments.figure.band import stacked
from experiments.figure.result import Result
from experiments.headline import CAPITAL, UNCOVERED

SHOWN = (CAPITAL, UNCOVERED)


def draw(result: Result) -> Figure:
    """Two panels over a common time axis, one fan per cell."""
    return stacked(result, SHOWN, from_zero=SHOWN)
