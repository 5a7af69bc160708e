"""Clawback: profit realised in the settlement window is taken back, at one rate for all.

    ρ = R / Σ π⁺,    hᵢ = min(min(ρ, 1) πᵢ⁺, wᵢ + eᵢ⁺)                                           (1)

with πᵢ the profit account i realised since the last settlement, wᵢ its wallet and eᵢ its equity: the wallet pays first,
then the position (OKEx, 31 July 2018; :func:`model.backstop.loss_regime.allocation.clawback_rate`). OKEx took the
money at the settlement that closes the week; here the residual is taken when it arises, from the window so far,
because the ledger leaves no loss open. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.ledger import DEFICIT
from model.backstop.loss_regime.allocation import clawback_rate
from model.backstop.loss_regime.haircut import charge_wallets, haircut, holding
from model.backstop.loss_regime.window import WindowRegime


class Realised(NamedTuple):
    """What is remembered of the last settlement."""

    realised: np.ndarray  # (rows,) USD, what every account had realised by then


class Clawback(WindowRegime):
    """Profit realised since the last settlement pays."""

    def begin(self, venue: Venue) -> None:
        """Settle for the first time."""
        self.memory = Realised(np.zeros(len(venue.accounts.size)))
        self.realised = self.memory.realised
        super().begin(venue)

    def settle(self, venue: Venue) -> None:
        """Remember what every account has realised, (rows,) USD."""
        self.realised[:] = venue.accounts.realised

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Claw back what the rate and the owners' means allow; return what was taken."""
        held, accounts = holding(venue, protocol), venue.accounts
        profit = np.maximum((accounts.realised - self.realised)[held.rows], 0.0)
        due = min(clawback_rate(residual, 0.0, profit), 1.0) * profit
        wallet, cut = accounts.wallet[held.rows], accounts.cut[held.rows].copy()
        wealth, cash = wallet + held.means, np.minimum(due, wallet)
        rest = np.minimum(due - cash, held.means)
        placed = charge_wallets(venue, protocol, cash, wealth, DEFICIT, self.reaction)
        placed += haircut(venue, protocol, held, rest, self.reaction)
        fraction = np.divide(cash + rest, wealth, out=np.zeros(len(wealth)), where=wealth > 0.0)
        accounts.cut[held.rows] = np.maximum(cut, fraction)  # of all the owner has, wallet included
        return placed
