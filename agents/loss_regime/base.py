"""What every loss regime is: a rule that places a loss on somebody.

The residual of a protocol's deficit, after fund, skin in the game and pool, is handed to the regime, which collects
what it can into the protocol's deficit account and returns how much it placed; the rest becomes bad debt.
"""

from abc import ABC, abstractmethod

from agents.venue import Venue


class LossRegime(ABC):
    """A loss regime.

    Parameters
    ----------
    reaction : fall of a trader's leverage appetite per fraction of equity lost to a haircut.
    """

    def __init__(self, reaction: float = 0.0) -> None:
        self.reaction = reaction

    @abstractmethod
    def collect(self, venue: Venue, protocol: int, residual: float) -> float:
        """Place up to `residual` USD at `protocol`; return what was placed."""
