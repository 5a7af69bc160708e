"""Frozen debt: nobody pays, and nobody can withdraw until fees have repaid the debt.

While debt is open, money that went to wallets in a step goes back to the owners' collateral, and all fees of the
protocol repay the debt before anybody else gets a share (Perp v2 ``CH_IIC``: a liquidation that the fund cannot pay
reverts, the debt stays, withdrawals wait). When it is repaid, accounts without a position get their collateral back.
Units: USD.
"""

from agents.account.account import BLOCK, touch
from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.ledger import FROZEN_DEBT, LIQUIDATION_FEE, TRADER, TRADING_FEE, WALLET, pay
from agents.core.rank import total
from model.backstop.loss_regime.base import RegimeTerms, Remembered
from model.backstop.loss_regime.carried import CarriedDebt, note_wallets, note_withdrawn
from model.backstop.loss_regime.room import Room


@lean_rule
def put_back(venue: Venue, room: Room, listing: int) -> None:
    """Move what was withdrawn, the list `limit`, from wallets to collateral."""
    accounts, slots = venue.accounts, room.size.shape[0]
    for slot in range(slots):
        amount = room.limit[slot]
        if amount > 0.0:
            row = listing * slots + slot
            accounts.wallet[row] -= amount
            accounts.collateral[row] += amount
            pay(venue.book, WALLET, TRADER, listing, amount)
            touch(accounts, venue.blocks, row)


@lean_rule
def repay_from_fees(venue: Venue, listing: int) -> None:
    """Let fees that nobody has been given yet repay the debt."""
    balance = venue.book.balance
    for fees in (LIQUIDATION_FEE, TRADING_FEE):
        paid = min(balance[fees, listing], -balance[FROZEN_DEBT, listing])
        balance[fees, listing] -= paid
        balance[FROZEN_DEBT, listing] += paid


@lean_rule
def open_gate(venue: Venue, room: Room, listing: int) -> None:
    """Return the collateral of accounts without a position to their wallets."""
    accounts, slots, count = venue.accounts, room.size.shape[0], 0
    for row in range(listing * slots, (listing + 1) * slots):
        held = accounts.collateral[row]
        if accounts.size[row] == 0.0 and held > 0.0:
            accounts.wallet[row] += held
            accounts.collateral[row] = 0.0
            venue.blocks.stale[row // BLOCK] = 1
            room.taken[count] = held
            count += 1
    pay(venue.book, TRADER, WALLET, listing, total(room.taken, 0, count))


@lean_kernel
def hold_back(venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, step: int) -> bool:
    """Put withdrawals back where debt is open, repay it from fees, open the gate where none is left.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : wallets and whose debt is open, written.
    terms, step : not used.
    room : lists, written.

    Returns
    -------
    Whether there was an open debt, or one that late money has repaid since the step before.
    """
    moved, debt = False, venue.book.balance[FROZEN_DEBT]
    for i in range(memory.indebted.shape[0]):
        owing = debt[i] < 0.0
        if owing:
            note_withdrawn(venue, memory, room, i)
            put_back(venue, room, i)
            repay_from_fees(venue, i)
        if (owing or memory.indebted[i]) and not debt[i] < 0.0:
            open_gate(venue, room, i)
        if owing:
            note_wallets(venue, memory, room, i)
        moved |= owing or memory.indebted[i]
        memory.indebted[i] = debt[i] < 0.0
    return moved


class FrozenDebt(CarriedDebt):
    """Withdrawals are gated while debt is open; fees repay it."""

    settle = hold_back
