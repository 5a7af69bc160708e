"""Carry trader: takes the side that is paid funding (He, Manela, Ross, von Wachter 2022)."""

import numpy as np

from agents.core.kernel import rule
from agents.trader.strategy.view import View


@rule
def carry(view: View) -> float:
    """Return anchor − tilt · |anchor| · tanh(funding rate / scale)."""
    return view.anchor - view.tilt * abs(view.anchor) * np.tanh(view.funding_rate / view.carry_scale)
