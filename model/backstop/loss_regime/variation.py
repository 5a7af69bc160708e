"""Variation-margin gains haircut: gains since the last settlement are cut, all by the same fraction.

    hᵢ = x gᵢ⁺,    x = min(1, R / Σ g⁺)                                                        (1)

with gᵢ what account i gained since prices were last settled at p': contracts it held then and still holds gained
q (p − p'), those added since q (p − p₀), funding included. Nobody pays more than its equity (clearing houses' default
waterfall, ISDA 2013, "CCP loss allocation at the end of the waterfall"). Units: contracts, USD.
"""

import numpy as np

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from model.backstop.loss_regime.allocation import fill
from model.backstop.loss_regime.base import RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import cut_to, hold
from model.backstop.loss_regime.room import Room
from model.backstop.loss_regime.window import WindowRegime


@lean_kernel
def settle_variation(venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, step: int) -> bool:
    """Remember positions and prices net of funding at the end of a window; return that no money moved.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, read.
    memory : written.
    terms, room, step : not used.
    """
    for row in range(memory.size.shape[0]):
        memory.size[row] = venue.accounts.size[row]
    for i in range(memory.price.shape[0]):
        memory.price[i] = venue.exchange.mark[i] - venue.exchange.funding_index[i]
    return False


@lean_kernel
def cut_variation(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Cut all gains of the period by the same fraction; return what was collected, at most all of them.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : positions and prices of the last settlement.
    terms : its reaction is read.
    step : not used.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    hold(venue, listing, room)
    slots, exchange, weight, limit = room.size.shape[0], venue.exchange, room.score, room.limit
    change = exchange.mark[listing] - exchange.funding_index[listing] - memory.price[listing]
    for slot in range(slots):
        size, before = room.size[slot], memory.size[listing * slots + slot]
        side = np.sign(size)
        kept = side * min(max(before * side, 0.0), abs(size))
        per_contract = room.gain[slot] / size if size != 0.0 else 0.0
        weight[slot] = max(kept * change + (size - kept) * per_contract, 0.0)
        limit[slot] = min(weight[slot], max(room.equity[slot], 0.0))
    fill(weight, limit, slots, residual, room)
    return cut_to(venue, listing, room.given, room, terms.reaction)


class VariationMarginHaircut(WindowRegime):
    """Gains of the variation period are cut."""

    take, settle = cut_variation, settle_variation
    remembers = ("size", "price")
