"""A regime and what stands behind it: what the first cannot place goes to the fallback, and the rest is bad debt.

    residual = placed by the first + infeasible,    infeasible = placed by the fallback + bad debt          (1)

A regime that took more than the residual has overshot; the surplus stays with the vault, which was the other side of
the contracts it came from. Units: USD.
"""

from typing import NamedTuple

from agents.ledger import DEFICIT, VAULT
from agents.loss_regime.base import LossRegime
from agents.venue import Venue

ROUNDING = 1e-12


class Placement(NamedTuple):
    """Where a residual went, USD, all >= 0."""

    placed: float  # by the regime
    fallback: float  # by its fallback
    overshoot: float  # taken by either above what was needed


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
        """Let both begin."""
        self.first.begin(venue)
        self.fallback.begin(venue)

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Place up to `residual` USD; return what both placed."""
        placement = self.place(venue, protocol, residual, step)
        return placement.placed + placement.fallback

    def place(self, venue: Venue, protocol: int, residual: float, step: int) -> Placement:
        """Place up to `residual` USD; return who placed what."""
        placed, over = take(self.first, venue, protocol, residual, step)
        if placed == residual:
            return Placement(placed, 0.0, over)
        then, more = take(self.fallback, venue, protocol, residual - placed, step)
        return Placement(placed, then, over + more)

    def advance(self, venue: Venue, step: int) -> bool:
        """Let both do what is due."""
        return self.first.advance(venue, step) | self.fallback.advance(venue, step)


def take(regime: LossRegime, venue: Venue, protocol: int, residual: float, step: int) -> tuple[float, float]:
    """Return (placed, overshoot) of one regime, the overshoot handed to the vault."""
    taken = regime.collect(venue, protocol, residual, step)
    if abs(taken - residual) <= ROUNDING * residual:
        return residual, 0.0
    if taken < residual:
        return taken, 0.0
    venue.book.balance[DEFICIT, protocol] -= taken - residual
    venue.book.balance[VAULT, protocol] += taken - residual
    return residual, taken - residual
