"""Depositor haircut: every cash balance at the venue is cut by the same fraction, with positions or without.

    cᵢ = wᵢ + min(mᵢ, eᵢ)⁺,    hᵢ = min(R, Σ c) · cᵢ / Σ c                                      (1)

with wᵢ what the owner has not posted, mᵢ the margin it has and eᵢ its equity: open losses are owed out of the margin,
open profit is no cash and is spared. The fraction is that of wallet and margin alike; neither they nor equity fall
below zero (Derive v2, ``SecurityModule.requestPayout`` and ``CashAsset.socializeLoss``: what the security module cannot
pay is printed, so that every unit of cash is worth less in the stable currency that backs it). There the cut is charged
when cash is withdrawn; that it is made at once, and that wallets are cash at the venue, are modelling choices.
Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.ledger import SHORTFALL
from agents.core.rank import total
from model.backstop.loss_regime.base import CompiledRegime, RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import charge, charge_wallets, hold
from model.backstop.loss_regime.room import Room


@lean_kernel
def cut_deposits(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Cut every cash balance by the same fraction; return what was collected, at most all cash.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory, step : not used.
    terms : its reaction is read.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    accounts, slots = venue.accounts, room.size.shape[0]
    margin, wallet, wealth, cut, none = room.limit, room.given, room.score, room.gap, room.depth
    hold(venue, listing, room)
    for slot in range(slots):
        row, equity = listing * slots + slot, max(room.equity[slot], 0.0)
        wallet[slot], margin[slot] = accounts.wallet[row], min(accounts.collateral[row], equity)
        wealth[slot], cut[slot], none[slot] = wallet[slot] + equity, accounts.cut[row], 0.0
    cash = total(wallet, 0, slots) + total(margin, 0, slots)
    fraction = min(residual / cash, 1.0) if cash > 0.0 else 0.0
    for slot in range(slots):
        wallet[slot], margin[slot] = fraction * wallet[slot], fraction * margin[slot]
    collected = charge_wallets(venue, listing, wallet, wealth, SHORTFALL, terms.reaction, room.taken)
    posted = total(margin, 0, slots)
    charge(venue, listing, margin, none, wealth, posted, terms.reaction)
    for slot in range(slots):  # of all the owner has, wallet and margin together
        part = (wallet[slot] + margin[slot]) / wealth[slot] if wealth[slot] > 0.0 else 0.0
        accounts.cut[listing * slots + slot] = max(cut[slot], part)
    return collected + posted


class DepositorHaircut(CompiledRegime):
    """Every cash balance at the venue is cut pro rata, with positions or without."""

    take = cut_deposits
