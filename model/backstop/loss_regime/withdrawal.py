"""Withdrawal factor: while debt is open, anyone who withdraws pays for it.

    factor φ = min(1, debt / Σ (e⁺ + withdrawals)),    hᵢ = φ · withdrawalᵢ                         (1)

A withdrawal is the rise of a trader's wallet within a step. Who waits until the debt is repaid pays nothing (Paradex,
docs: a factor on withdrawals only; its denominator, not given there, is taken to be all equity, what is being withdrawn
included). Units: USD.
"""

import numpy as np

from agents.core.books import Venue
from agents.core.ledger import FROZEN_DEBT
from model.backstop.loss_regime.carried import CarriedDebt
from model.backstop.loss_regime.haircut import charge_wallets, holding


class WithdrawalFactor(CarriedDebt):
    """Withdrawals are charged a factor while debt is open."""

    def serve(self, venue: Venue, protocol: int, withdrawn: np.ndarray) -> None:
        """Charge (1) and repay debt with it."""
        debt, held = -venue.book.balance[FROZEN_DEBT, protocol], holding(venue, protocol)
        total = float(held.means.sum() + withdrawn.sum())
        factor = (debt / total if debt < total else 1.0) if total > 0.0 else 0.0
        wealth = venue.accounts.wallet[held.rows] + held.means
        charge_wallets(venue, protocol, factor * withdrawn, wealth, FROZEN_DEBT, self.reaction)
