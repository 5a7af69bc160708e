"""Tear-up: contracts against the failed side are terminated, the same fraction of everybody's.

The contracts opposite to what failed are closed against the vault, which holds what failed. **Partial** (τ < 1), at the
bankruptcy price b of the failed side, and of F contracts that failed never more than F:

    fraction f = min(τ, R / Σ min(|q| |p − b|, e), F / Σ |q|) of every account opposite, winner or loser     (1)

**Full** (τ = 1): all of them, at the price s of the last settlement. What that takes, Σ min(|q| |s − p|, e), does not
ask what failed or is needed: the surplus over the residual is overshoot, and stays with the vault. Nothing is torn up
where the price has moved in favour of the failed side. (LME, 8 March 2022; clearing houses' last resort, ISDA 2013.)
Nobody loses more than its equity. Units: contracts, USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.rank import total
from model.backstop.loss_regime.base import RegimeTerms, Remembered, note_marks
from model.backstop.loss_regime.deleveraging import close
from model.backstop.loss_regime.failure import failure, hand_on
from model.backstop.loss_regime.haircut import hold
from model.backstop.loss_regime.room import Room, product_into
from model.backstop.loss_regime.window import WindowRegime


@lean_kernel
def terminate(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, side: float
) -> float:
    """Tear up contracts opposite to `side` (1: longs); return what was taken.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : prices of the last settlement.
    terms : constants.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    side : 1 where longs failed, -1 where shorts did.
    """
    full, failed = terms.tear_up >= 1.0, failure(venue, listing, side)
    price = memory.price[listing] if full and failed.contracts > 0.0 else failed.price
    gap = side * (price - venue.exchange.mark[listing])
    if not (gap > 0.0 and residual > 0.0):
        return 0.0
    hold(venue, listing, room)
    slots, count, sizes, gaps = room.size.shape[0], 0, room.limit, room.gap
    for slot in range(slots):
        if room.size[slot] * side < 0.0 and room.equity[slot] > 0.0:
            room.row[count], sizes[count] = listing * slots + slot, abs(room.size[slot])
            gaps[count] = min(gap, room.equity[slot] / sizes[count])
            count += 1
    product_into(room.given, sizes, gaps, count)
    most, contracts = total(room.given, 0, count), total(sizes, 0, count)
    part = min(terms.tear_up, residual / most, failed.contracts / contracts) if most > 0.0 else 0.0
    fraction = 1.0 if full else part
    for at in range(count):
        room.taken[at] = fraction * sizes[at]
    close(venue, listing, room.row[:count], room.taken, gaps, terms.reaction)
    hand_on(venue, listing, side, fraction * contracts)
    return fraction * most


@lean_kernel
def tear_up(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Tear up against failed longs, then against failed shorts; return what was taken.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : prices of the last settlement.
    terms : constants.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    step : not used.
    """
    taken = 0.0
    for side in (1.0, -1.0):
        taken += terminate(venue, memory, terms, room, listing, max(residual - taken, 0.0), side)
    return taken


class TearUp(WindowRegime):
    """The same fraction of every position opposite to the failed side is closed at a price that saves the venue."""

    take, settle = tear_up, note_marks
    remembers = ("price",)
