"""The market the cells went through: the price, and what was liquidated at each step."""

from matplotlib.figure import Figure

from experiments.figure.band import stacked
from experiments.figure.result import Result
from experiments.headline import LIQUIDATED, PRICE

SHOWN = (PRICE, LIQUIDATED)


def draw(result: Result) -> Figure:
    """Price above, liquidated notional below; where cells coincide, who pays did not move the market."""
    return stacked(result, SHOWN, from_zero=SHOWN[1:])
