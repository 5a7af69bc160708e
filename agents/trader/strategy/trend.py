"""Trend follower: buys what rises (Chiarella and He 2002; positive feedback of De Long et al. 1990)."""

import numpy as np

from agents.core.kernel import rule
from agents.trader.strategy.view import View


@rule
def trend(view: View) -> float:
    """Return anchor + tilt · |anchor| · tanh(momentum / scale)."""
    return view.anchor + view.tilt * abs(view.anchor) * np.tanh(view.momentum / view.trend_scale)
