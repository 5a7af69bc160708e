"""The market the arrangements went through: the price, and what was liquidated at each step."""

from matplotlib.figure import Figure

from experiments.statistics.headline_metrics import LIQUIDATED, PRICE
from experiments.study.comparison.figure.band import stacked
from experiments.study.comparison.figure.result import Result

SHOWN = (PRICE, LIQUIDATED)


def draw(result: Result) -> Figure:
    """Price above, liquidated notional below; where arrangements coincide, who pays did not move the market."""
    return stacked(result, SHOWN, from_zero=SHOWN[1:])
