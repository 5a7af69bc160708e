"""Bad debt: nobody pays; the protocol owes its winners more than it has, and may default."""

from agents.core.books import Venue
from model.backstop.loss_regime.base import LossRegime


class BadDebt(LossRegime):
    """Nobody pays."""

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Place nothing."""
        return 0.0
