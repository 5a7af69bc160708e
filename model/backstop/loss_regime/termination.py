"""Tear-up: contracts against the failed side are terminated, the same fraction of everybody's.

The contracts opposite to what failed are closed against the vault, which holds what failed. **Partial** (τ < 1), at the
bankruptcy price b of the failed side, and of F contracts that failed never more than F:

    fraction f = min(τ, R / Σ min(|q| |p − b|, e), F / Σ |q|) of every account opposite, winner or loser     (1)

**Full** (τ = 1): all of them, at the price s of the last settlement. What that takes, Σ min(|q| |s − p|, e), does not
ask what failed or is needed: the surplus over the residual is overshoot, and stays with the vault. Nothing is torn up
where the price has moved in favour of the failed side. (LME, 8 March 2022; clearing houses' last resort, ISDA 2013.)
Nobody loses more than its equity. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from model.backstop.loss_regime.deleveraging import close, opposite
from model.backstop.loss_regime.failure import failure, hand_on
from model.backstop.loss_regime.haircut import holding
from model.backstop.loss_regime.window import WindowRegime


class SettlementPrice(NamedTuple):
    """What is remembered of the last settlement."""

    price: np.ndarray  # (protocols,) USD per contract > 0


class TearUp(WindowRegime):
    """The same fraction of every position opposite to the failed side is closed at a price that saves the venue."""

    def begin(self, venue: Venue) -> None:
        """Settle for the first time."""
        self.memory = SettlementPrice(np.zeros(len(venue.exchange)))
        self.price = self.memory.price
        super().begin(venue)

    def settle(self, venue: Venue) -> None:
        """Remember the settlement prices, (protocols,) USD per contract."""
        self.price[:] = venue.exchange["mark"]

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Tear up against failed longs, then against failed shorts; return what was taken."""
        taken = 0.0
        for side in (1.0, -1.0):
            taken += self.terminate(venue, protocol, max(residual - taken, 0.0), side)
        return taken

    def terminate(self, venue: Venue, protocol: int, residual: float, side: float) -> float:
        """Tear up contracts opposite to `side` (1: longs); return what was taken.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run, written in place.
        protocol : index.
        residual : USD >= 0, loss still to be placed.
        side : 1 where longs failed, -1 where shorts did.
        """
        full, failed = self.terms.tear_up >= 1.0, failure(venue, protocol, side)
        price = self.price[protocol] if full and failed.contracts > 0.0 else failed.price
        gap = side * (price - venue.exchange[protocol]["mark"])
        held = holding(venue, protocol)
        rows = opposite(venue, protocol, side if gap > 0.0 and residual > 0.0 else 0.0)
        rows = rows[held.equity[rows - held.rows.start] > 0.0]
        size, equity = np.abs(venue.accounts.size[rows]), held.equity[rows - held.rows.start]
        gaps = np.minimum(gap, equity / size)
        most, contracts = float((size * gaps).sum()), float(size.sum())
        part = min(self.terms.tear_up, residual / most, failed.contracts / contracts) if most > 0.0 else 0.0
        fraction = 1.0 if full else part
        close(venue, protocol, rows, fraction * size, gaps, self.reaction)
        hand_on(venue, protocol, side, fraction * contracts)
        return fraction * most
