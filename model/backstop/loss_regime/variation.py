"""Variation-margin gains haircut: gains since the last settlement are cut, all by the same fraction.

    hᵢ = x gᵢ⁺,    x = min(1, R / Σ g⁺)                                                        (1)

with gᵢ what account i gained since prices were last settled at p': contracts it held then and still holds gained
q (p − p'), those added since q (p − p₀), funding included. Nobody pays more than its equity (clearing houses' default
waterfall, ISDA 2013, "CCP loss allocation at the end of the waterfall"). Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from model.backstop.loss_regime.allocation import capped_pro_rata
from model.backstop.loss_regime.haircut import Holding, haircut, holding
from model.backstop.loss_regime.window import WindowRegime


class Settled(NamedTuple):
    """What is remembered of the last settlement."""

    size: np.ndarray  # (rows,) contracts, short < 0
    price: np.ndarray  # (protocols,) USD per contract, marks net of funding


class VariationMarginHaircut(WindowRegime):
    """Gains of the variation period are cut."""

    def begin(self, venue: Venue) -> None:
        """Settle for the first time."""
        self.memory = Settled(np.zeros(len(venue.accounts.size)), np.zeros(len(venue.exchange)))
        self.size, self.price = self.memory
        super().begin(venue)

    def settle(self, venue: Venue) -> None:
        """Remember positions, (rows,) contracts, and prices net of funding, (protocols,) USD per contract."""
        self.size[:] = venue.accounts.size
        self.price[:] = venue.exchange["mark"] - venue.exchange["funding_index"]

    def gains(self, venue: Venue, protocol: int, held: Holding) -> np.ndarray:
        """Return what each account gained since the last settlement, zero for losers, (slots,) USD."""
        exchange, before = venue.exchange[protocol], self.size[held.rows]
        kept = np.sign(held.size) * np.clip(before * np.sign(held.size), 0.0, np.abs(held.size))
        change = exchange["mark"] - exchange["funding_index"] - self.price[protocol]
        per_contract = np.divide(held.gain, held.size, out=np.zeros_like(held.gain), where=held.size != 0.0)
        return np.maximum(kept * change + (held.size - kept) * per_contract, 0.0)

    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Cut all gains of the period by the same fraction; return what was placed, at most all of them."""
        held = holding(venue, protocol)
        gains = self.gains(venue, protocol, held)
        amounts = capped_pro_rata(gains, np.minimum(gains, held.means), residual)
        return haircut(venue, protocol, held, amounts, self.reaction)
