"""Capital left and loss uncovered over time."""

from matplotlib.figure import Figure

from experiments.statistics.headline_metrics import CAPITAL, UNCOVERED
from experiments.study.comparison.figure.band import stacked
from experiments.study.comparison.figure.result import Result

SHOWN = (CAPITAL, UNCOVERED)


def draw(result: Result) -> Figure:
    """Two panels over a common time axis, one fan per arrangement."""
    return stacked(result, SHOWN, from_zero=SHOWN)
