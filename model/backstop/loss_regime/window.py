"""Settlement windows: regimes that look back to the last settlement keep a snapshot taken then."""

from abc import abstractmethod

from agents.core.books import Venue
from model.backstop.loss_regime.base import LossRegime


class WindowRegime(LossRegime):
    """A regime with settlements, ``terms.window`` steps apart, the first at the start of the run."""

    @property
    def period(self) -> int:
        """Steps of a window."""
        return self.terms.window

    def begin(self, venue: Venue) -> None:
        """Settle for the first time."""
        self.settle(venue)

    @abstractmethod
    def settle(self, venue: Venue) -> None:
        """Take the snapshot that the next window looks back to."""

    def advance(self, venue: Venue, step: int) -> bool:
        """Settle at the end of a window; no money moves."""
        if (step + 1) % self.terms.window == 0:
            self.settle(venue)
        return False
