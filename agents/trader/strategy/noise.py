"""Noise trader: trades for reasons of its own (Black 1986; Kyle 1985)."""

from agents.core.kernel import rule
from agents.trader.strategy.view import View


@rule
def noise(view: View) -> float:
    """Return the anchor scaled by a uniform factor in 1 ± tilt."""
    return view.anchor * (1.0 + view.tilt * (2.0 * view.draw - 1.0))
