"""Clawback: profit realised in the settlement window is taken back, at one rate for all.

    ρ = R / Σ π⁺,    hᵢ = min(min(ρ, 1) πᵢ⁺, wᵢ + eᵢ⁺)                                           (1)

with πᵢ the profit account i realised since the last settlement, wᵢ its wallet and eᵢ its equity: the wallet pays first,
then the position (OKEx, 31 July 2018; :func:`model.backstop.loss_regime.allocation.clawback_rate`). OKEx took the
money at the settlement that closes the week; here the residual is taken when it arises, from the window so far,
because the ledger leaves no loss open. Units: USD.
"""

from agents.core.books import Venue
from agents.core.kernel import lean_kernel
from agents.core.ledger import SHORTFALL
from agents.core.rank import total
from model.backstop.loss_regime.base import RegimeTerms, Remembered
from model.backstop.loss_regime.haircut import charge_wallets, cut_to, hold
from model.backstop.loss_regime.room import Room
from model.backstop.loss_regime.window import WindowRegime


@lean_kernel
def settle_profits(venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, step: int) -> bool:
    """Remember at the end of a window what every account has realised; return that no money moved.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, read.
    memory : written.
    terms, room, step : not used.
    """
    for row in range(memory.realised.shape[0]):
        memory.realised[row] = venue.accounts.realised[row]
    return False


@lean_kernel
def claw_back(
    venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, listing: int, residual: float, step: int
) -> float:
    """Claw back what the rate and the owners' means allow; return what was taken.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memory : profit realised by the last settlement.
    terms : its reaction is read.
    step : not used.
    room : lists, written.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    """
    accounts, slots = venue.accounts, room.size.shape[0]
    profit, cash, rest, wealth, cut = room.taken, room.given, room.limit, room.score, room.gap
    hold(venue, listing, room)
    for slot in range(slots):
        row = listing * slots + slot
        profit[slot] = max(accounts.realised[row] - memory.realised[row], 0.0)
    whole = total(profit, 0, slots)
    rate = min(residual / whole, 1.0) if whole > 0.0 else 0.0
    for slot in range(slots):
        row, means = listing * slots + slot, max(room.equity[slot], 0.0)
        due, wallet = rate * profit[slot], accounts.wallet[row]
        cash[slot], wealth[slot], cut[slot] = min(due, wallet), wallet + means, accounts.cut[row]
        rest[slot] = min(due - cash[slot], means)
    collected = charge_wallets(venue, listing, cash, wealth, SHORTFALL, terms.reaction, room.taken)
    collected += cut_to(venue, listing, rest, room, terms.reaction)
    for slot in range(slots):  # of all the owner has, wallet included
        fraction = (cash[slot] + rest[slot]) / wealth[slot] if wealth[slot] > 0.0 else 0.0
        accounts.cut[listing * slots + slot] = max(cut[slot], fraction)
    return collected


class Clawback(WindowRegime):
    """Profit realised since the last settlement pays."""

    take, settle = claw_back, settle_profits
    remembers = ("realised",)
