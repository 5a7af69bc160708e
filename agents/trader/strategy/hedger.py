"""Hedger: holds the position that offsets a holding elsewhere, and restores it when a part was taken away."""

from agents.core.kernel import rule
from agents.trader.strategy.view import View


@rule
def hedger(view: View) -> float:
    """Return the anchor, whatever the market does."""
    return view.anchor
