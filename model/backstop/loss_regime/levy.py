"""Funding levy: every open contract on both sides pays the same amount.

    δ = R / (long + short) per contract,    hᵢ = min(δ |qᵢ|, eᵢ⁺)                               (1)

δ is raised as far as needed where some cannot pay in full (Drift v2, ``controller/liquidation.rs``: cumulative funding
of longs + δ, of shorts − δ). Charged to the accounts at once, which is the same as through a funding index of each
side, except that nobody is charged below zero. The vault pays nothing. Units: contracts, USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from model.backstop.loss_regime.allocation import fill
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import cut_to, hold
from model.backstop.loss_regime.room import Room


@lean_kernel
def levy(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Levy the residual on all open contracts; return what was collected, at most all equity.

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
    slots, weight, limit = room.size.shape[0], room.score, room.limit
    for slot in range(slots):
        weight[slot], limit[slot] = abs(room.size[slot]), max(room.equity[slot], 0.0)
    fill(weight, limit, slots, residual, room)
    return cut_to(venue, listing, room.given, room, terms.reaction)


class FundingLevy(CompiledRegime):
    """Every open contract pays alike, at most its account's equity."""

    take = levy
