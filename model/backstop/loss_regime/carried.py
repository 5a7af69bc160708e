"""Debt that is carried: the loss stays on the account ``frozen_debt`` until it has been repaid.

The residual moves from the deficit to the frozen debt (<= 0) of its protocol, so nobody pays at once. While the debt is
open, what traders withdraw is looked at step by step: the rise of a wallet since the step before. Units: USD.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.ledger import DEFICIT, FROZEN_DEBT
from model.backstop.loss_regime.base import LossRegime


class Carried(NamedTuple):
    """What is remembered of open debts."""

    wallet: np.ndarray  # (rows,) USD >= 0, wallets when they were last looked at; kept up only while a debt is open
    indebted: np.ndarray  # (protocols,) bool, whose debt was open when it was last looked at


class CarriedDebt(LossRegime):
    """A regime that repays a loss over time.

    Attributes
    ----------
    wallet : wallets at the step before, (rows,) USD; kept up only while a debt is open.
    indebted : (protocols,) bool, whose debt was open when it was last looked at.
    """

    @property
    def period(self) -> int:
        """Nothing is due while no debt is carried."""
        return 0

    def begin(self, venue: Venue) -> None:
        """Make room for the wallets."""
        self.memory = Carried(venue.accounts.wallet.copy(), np.zeros(len(venue.exchange), dtype=bool))
        self.wallet, self.indebted = self.memory

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Freeze the whole residual; return it."""
        balance, rows = venue.book.balance, self.rows(venue, protocol)
        if not balance[FROZEN_DEBT, protocol] < 0.0:
            self.wallet[rows] = venue.accounts.wallet[rows]
        balance[FROZEN_DEBT, protocol] -= residual
        balance[DEFICIT, protocol] += residual
        return residual

    def advance(self, venue: Venue, step: int) -> bool:
        """Serve every open debt; return whether there was one."""
        owing = venue.book.balance[FROZEN_DEBT] < 0.0
        repaid = np.flatnonzero(self.indebted & ~owing)  # by late money, between two looks
        for protocol in np.flatnonzero(owing):
            rows = self.rows(venue, int(protocol))
            self.serve(venue, int(protocol), np.maximum(venue.accounts.wallet[rows] - self.wallet[rows], 0.0))
            self.wallet[rows] = venue.accounts.wallet[rows]
        for protocol in repaid:
            self.release(venue, int(protocol))
        np.less(venue.book.balance[FROZEN_DEBT], 0.0, out=self.indebted)
        return bool(owing.any() or len(repaid))

    def release(self, venue: Venue, protocol: int) -> None:
        """Release what was held back at `protocol`, whose debt has been repaid otherwise."""

    @abstractmethod
    def serve(self, venue: Venue, protocol: int, withdrawn: np.ndarray) -> None:
        """Repay what can be, `withdrawn`, (slots,) USD, having gone to wallets in this step."""

    def rows(self, venue: Venue, protocol: int) -> slice:
        """Return the rows of a protocol's accounts."""
        slots = len(venue.accounts.size) // len(venue.exchange)
        return slice(protocol * slots, (protocol + 1) * slots)
