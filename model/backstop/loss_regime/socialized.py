"""Socialised loss: winners pay pro rata to their positive unrealised profit.

With gains gᵢ > 0 of the listing's accounts, a residual R is collected as

    hᵢ = min(R, Σ g) · gᵢ / Σ g                                                                (1)

so nobody loses more than its profit; what exceeds all profit is not feasible and is passed on. Winners keep
gᵢ − hᵢ = gᵢ · min(1, collected / owed), owed being Σ g and collected Σ g − R (Vega listing, ``simple_distributor``;
:func:`model.backstop.loss_regime.allocation.socialized_loss`). Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import charge, hold
from model.backstop.loss_regime.room import Room


@lean_kernel
def socialize(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Cut every winner's profit by the same fraction; return what was collected, at most all positive profit.

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
    profit = 0.0
    for slot in range(room.gain.shape[0]):
        profit += max(room.gain[slot], 0.0)
    collected = min(residual, profit)
    for slot in range(room.gain.shape[0]):
        room.given[slot] = collected * max(room.gain[slot], 0.0) / profit if profit > 0.0 else 0.0
    charge(venue, listing, room.given, room.gain, room.equity, collected, terms.reaction)
    return collected


class SocializedLoss(CompiledRegime):
    """Winners pay pro rata to positive unrealised profit."""

    take = socialize
