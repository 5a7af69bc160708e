"""Debt that is carried: the loss stays on the account ``frozen_debt`` until it has been repaid.

The residual moves from the shortfall to the frozen debt (<= 0) of its listing, so nobody pays at once. While the debt
is open, what traders withdraw is looked at step by step: the rise of a wallet since the step before. Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.ledger import FROZEN_DEBT, SHORTFALL
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.room import Room


@lean_kernel
def freeze(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Freeze the whole residual; return it.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : wallets are noted where no debt is open.
    terms, step : not used.
    room : says how many slots there are.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    balance = venue.book.balance
    if not balance[FROZEN_DEBT, listing] < 0.0:
        note_wallets(venue, memory, room, listing)
    balance[FROZEN_DEBT, listing] -= residual
    balance[SHORTFALL, listing] += residual
    return residual


@lean_rule
def note_wallets(venue: Venue, memory: Remembered, room: Room, listing: int) -> None:
    """Note the wallets of a listing's accounts.

    Parameters
    ----------
    venue : accounts are read.
    memory : wallets are written.
    room : says how many slots there are.
    listing : index.
    """
    slots = room.size.shape[0]
    for row in range(listing * slots, (listing + 1) * slots):
        memory.wallet[row] = venue.accounts.wallet[row]


@lean_rule
def note_withdrawn(venue: Venue, memory: Remembered, room: Room, listing: int) -> None:
    """Write what went to each wallet since the step before, USD >= 0, into the list `limit`.

    Parameters
    ----------
    venue : accounts are read.
    memory : wallets at the step before.
    room : `limit` is written.
    listing : index.
    """
    slots = room.size.shape[0]
    for slot in range(slots):
        row = listing * slots + slot
        room.limit[slot] = max(venue.accounts.wallet[row] - memory.wallet[row], 0.0)


class CarriedDebt(CompiledRegime):
    """A regime that repays a loss over time; its ``settle`` serves open debts at every step that there are any."""

    take = freeze
    remembers = ("wallet", "indebted")

    @property
    def period(self) -> int:
        """Nothing is due while no debt is carried."""
        return 0
