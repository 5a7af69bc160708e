"""Equity haircut: every open account pays pro rata to its positive equity, collateral included.

    hᵢ = min(R, Σ e⁺) · eᵢ⁺ / Σ e⁺                                                             (1)

so everyone loses the same fraction of equity, winner or not, and nobody falls below zero; accounts without a position
never pay (Bitfinex cut all balances alike in 2016; Percolator's last layer). Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.rank import total
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import cut_to, hold
from model.backstop.loss_regime.room import Room


@lean_kernel
def cut_equities(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Cut every open account's equity by the same fraction; return what was collected, at most all equity.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory, step : not used.
    terms : its reaction is read.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    hold(venue, listing, room)
    slots, means, given = room.equity.shape[0], room.limit, room.given
    for slot in range(slots):
        means[slot] = max(room.equity[slot], 0.0)
    whole = total(means, 0, slots)
    amount = min(residual, whole)
    for slot in range(slots):
        given[slot] = amount * means[slot] / whole if whole > 0.0 else 0.0
    return cut_to(venue, listing, given, room, terms.reaction)


class EquityHaircut(CompiledRegime):
    """Open accounts pay pro rata to positive equity."""

    take = cut_equities
