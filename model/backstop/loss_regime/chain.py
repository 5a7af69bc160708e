"""A regime with its fallback, which gets what the first cannot place; the rest is bad debt.

    residual = placed by the first + infeasible,    infeasible = placed by the fallback + bad debt          (1)

A regime that took more than the residual has overshot; the surplus stays with the vault, which was the other side of
the contracts it came from. Units: USD.
"""

from typing import NamedTuple

from agents.core.books import Venue
from agents.core.ledger import DEFICIT, VAULT
from agents.core.memory import Memory
from model.backstop.loss_regime.base import LossRegime

ROUNDING = 1e-12


class Placement(NamedTuple):
    """Where a residual went, USD, all >= 0."""

    placed: float  # by the regime
    fallback: float  # by its fallback
    overshoot: float  # taken by either above what was needed


class ChainMemory(NamedTuple):
    """What the two regimes remember."""

    first: Memory
    fallback: Memory


class Chain(LossRegime):
    """A loss regime with its fallback.

    Parameters
    ----------
    first, fallback : the two regimes.
    """

    def __init__(self, first: LossRegime, fallback: LossRegime) -> None:
        super().__init__(first.terms, first.reaction, int(first.key))
        self.first, self.fallback = first, fallback

    def begin(self, venue: Venue) -> None:
        """Begin both regimes."""
        self.first.begin(venue)
        self.fallback.begin(venue)
        self.memory = ChainMemory(self.first.memory, self.fallback.memory)

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Place up to `residual` USD; return what both placed."""
        placement = self.place(venue, protocol, residual, step)
        return placement.placed + placement.fallback

    def place(self, venue: Venue, protocol: int, residual: float, step: int) -> Placement:
        """Place up to `residual` USD; return who placed what.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
        protocol : index.
        residual : USD >= 0, loss still to be placed.
        step : present step.
        """
        placed, over = take(self.first, venue, protocol, residual, step)
        if placed == residual:
            return Placement(placed, 0.0, over)
        then, more = take(self.fallback, venue, protocol, residual - placed, step)
        return Placement(placed, then, over + more)

    def advance(self, venue: Venue, step: int) -> bool:
        """Advance both regimes."""
        return self.first.advance(venue, step) | self.fallback.advance(venue, step)


def take(regime: LossRegime, venue: Venue, protocol: int, residual: float, step: int) -> tuple[float, float]:
    """Return (placed, overshoot) of one regime; what entered the deficit beyond the first is handed to the vault.

    That is the overshoot, or else rounding: the deficit is then covered to the last bit.

    Parameters
    ----------
    regime : whose rule is asked.
    venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
    protocol : index.
    residual : USD >= 0, loss still to be placed.
    step : present step.
    """
    balance = venue.book.balance
    owed = balance[DEFICIT, protocol]
    taken = regime.collect(venue, protocol, residual, step)
    placed = residual if taken >= residual * (1.0 - ROUNDING) else taken
    surplus = balance[DEFICIT, protocol] - (owed + placed)
    balance[DEFICIT, protocol] -= surplus
    balance[VAULT, protocol] += surplus
    return placed, taken - residual if taken > residual * (1.0 + ROUNDING) else 0.0
