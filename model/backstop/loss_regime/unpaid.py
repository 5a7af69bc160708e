"""Bad debt: nobody pays; the protocol owes its winners more than it has, and may default."""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.room import Room


@lean_kernel
def take_nothing(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Place nothing.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory, terms, step : not used.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    return 0.0


class BadDebt(CompiledRegime):
    """Nobody pays."""

    take = take_nothing
