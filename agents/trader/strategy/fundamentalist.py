"""Fundamentalist: buys below value and sells above it (Chiarella and He 2002)."""

import numpy as np

from agents.core.kernel import rule
from agents.trader.strategy.view import View


@rule
def fundamentalist(view: View) -> float:
    """Return anchor + tilt · |anchor| · tanh(ln(F / mid) / scale)."""
    return view.anchor + view.tilt * abs(view.anchor) * np.tanh(view.gap / view.value_scale)
