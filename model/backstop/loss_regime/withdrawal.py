"""Withdrawal factor: while debt is open, anyone who withdraws pays for it.

    factor φ = min(1, debt / Σ (e⁺ + withdrawals)),    hᵢ = φ · withdrawalᵢ                         (1)

A withdrawal is the rise of a trader's wallet within a step. Who waits until the debt is repaid pays nothing (Paradex,
docs: a factor on withdrawals only; its denominator, not given there, is taken to be all equity, what is being withdrawn
included). Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.ledger import FROZEN_DEBT
from agents.core.rank import total
from model.backstop.loss_regime.base import RegimeTerms, Remembered
from model.backstop.loss_regime.carried import CarriedDebt, note_wallets, note_withdrawn
from model.backstop.loss_regime.haircut import charge_wallets, hold
from model.backstop.loss_regime.room import Room


@lean_rule
def charge_withdrawals(venue: Venue, terms: RegimeTerms, room: Room, listing: int) -> None:
    """Charge (1) on what was withdrawn, the list `limit`, and repay debt with it.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    terms : its reaction is read.
    room : `limit` is read; other lists are written.
    listing : index, of one that owes.
    """
    debt, slots = -venue.book.balance[FROZEN_DEBT, listing], room.size.shape[0]
    hold(venue, listing, room)
    for slot in range(slots):
        room.score[slot] = max(room.equity[slot], 0.0)
    whole = total(room.score, 0, slots) + total(room.limit, 0, slots)
    factor = (debt / whole if debt < whole else 1.0) if whole > 0.0 else 0.0
    for slot in range(slots):
        room.given[slot] = factor * room.limit[slot]
        room.score[slot] += venue.accounts.wallet[listing * slots + slot]
    charge_wallets(venue, listing, room.given, room.score, FROZEN_DEBT, terms.reaction, room.taken)


@lean_kernel
def serve_withdrawn(venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, step: int) -> bool:
    """Charge a factor on what was withdrawn where debt is open; return whether there was or had been any.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : wallets and whose debt is open, written.
    terms : its reaction is read.
    room : lists, written.
    step : not used.
    """
    moved, debt = False, venue.book.balance[FROZEN_DEBT]
    for i in range(memory.indebted.shape[0]):
        owing = debt[i] < 0.0
        if owing:
            note_withdrawn(venue, memory, room, i)
            charge_withdrawals(venue, terms, room, i)
            note_wallets(venue, memory, room, i)
        moved |= owing or memory.indebted[i]
        memory.indebted[i] = debt[i] < 0.0
    return moved


class WithdrawalFactor(CarriedDebt):
    """Withdrawals are charged a factor while debt is open."""

    settle = serve_withdrawn
