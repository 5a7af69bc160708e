"""A haircut on a position: equity is taken from an account without closing it.

Unrealised profit goes first, by moving the entry price towards the mark: p₀' = p₀ + h / q for an amount h, which lowers
equity by h and is realised when the position is closed. What exceeds the profit comes out of posted collateral and is
realised at once. An amount of at most the equity leaves neither negative. A haircut trader may lower its leverage
appetite in proportion to the fraction of equity it lost. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import BLOCK, touch
from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.ledger import SHORTFALL, TRADER, WALLET, Code, pay
from agents.core.rank import total
from agents.core.table import Accounts
from model.backstop.loss_regime.room import Room, make_room

Array = np.ndarray
ROUNDING = 1e-12


class Holding(NamedTuple):
    """The accounts of one listing, (slots,) each."""

    rows: slice
    size: Array  # contracts, short < 0
    gain: Array  # USD, unrealised profit, funding deducted
    equity: Array  # USD; zero without a position, whatever collateral there is

    @property
    def means(self) -> Array:
        """What can be taken: equity, zero where it is negative."""
        return np.maximum(self.equity, 0.0)


def holding(venue: Venue, listing: int) -> Holding:
    """Return what the accounts of a listing hold at its mark price."""
    slots = len(venue.accounts.size) // len(venue.exchange)
    room = make_room(slots)
    hold(venue, listing, room)
    return Holding(slice(listing * slots, (listing + 1) * slots), room.size, room.gain, room.equity)


@lean_rule
def hold(venue: Venue, listing: int, room: Room) -> None:
    """Write size, gain and equity of a listing's accounts at its mark price into the lists of these names."""
    accounts, slots = venue.accounts, room.size.shape[0]
    sizes, entries, fundings, own = accounts.size, accounts.entry_price, accounts.entry_funding, accounts.collateral
    mark, index = venue.exchange.mark[listing], venue.exchange.funding_index[listing]
    for slot in range(slots):
        row = listing * slots + slot
        size, owed = sizes[row], index - fundings[row]
        gain = size * (mark - entries[row] - owed)
        room.size[slot], room.gain[slot] = size, gain
        room.equity[slot] = own[row] + gain if size != 0.0 else 0.0


@lean_rule
def note_loss(accounts: Accounts, row: int, amount: float, equity: float, reaction: float) -> None:
    """Note a loss borne for others: its sum, its largest fraction of equity, and the fall of the owner's appetite.

    Parameters
    ----------
    accounts : table of the run; haircut, cut and leverage are written.
    row : the account's row.
    amount : USD >= 0, lost.
    equity : USD > 0, before the loss.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    fraction = min(amount / equity, 1.0)
    accounts.haircut[row] += amount
    accounts.cut[row] = max(accounts.cut[row], fraction)
    accounts.leverage[row] *= 1.0 - reaction * fraction


@lean_rule
def cut_equity(venue: Venue, row: int, amount: float, gain: float, equity: float, reaction: float) -> None:
    """Take `amount` USD from a row with unrealised profit `gain` and equity `equity`; the caller books it.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run; account and block are written.
    row : the account's row.
    amount : USD > 0, at most the equity.
    gain : USD, unrealised profit, a loss < 0.
    equity : USD > 0, before the cut.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    accounts = venue.accounts
    beyond = amount - max(gain, 0.0)
    if beyond <= ROUNDING * amount:
        beyond = 0.0
    if amount > beyond:
        accounts.entry_price[row] += (amount - beyond) / accounts.size[row]
    accounts.collateral[row] = max(accounts.collateral[row] - beyond, 0.0)
    accounts.realised[row] -= beyond
    note_loss(accounts, row, amount, equity, reaction)
    touch(accounts, venue.blocks, row)


@lean_kernel
def charge(
    venue: Venue, listing: int, amounts: np.ndarray, gains: np.ndarray, equities: np.ndarray, collected: float,
    reaction: float,
) -> None:  # fmt: skip
    """Take `amounts`, (slots,) USD that sum to `collected`, from the accounts of a listing into its shortfall.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
    amounts : (slots,) USD >= 0.
    gains : (slots,) USD, unrealised profit, a loss < 0.
    equities : (slots,) USD, > 0 where something is taken.
    collected : USD >= 0, sum of the amounts.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    first = listing * amounts.shape[0]
    for slot in range(amounts.shape[0]):
        if amounts[slot] > 0.0:
            cut_equity(venue, first + slot, amounts[slot], gains[slot], equities[slot], reaction)
    pay(venue.book, TRADER, SHORTFALL, listing, collected)


def haircut(venue: Venue, listing: int, held: Holding, amounts: Array, reaction: float) -> float:
    """Take `amounts`, (slots,) USD, at most ``held.means``; return their sum.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
    held : what the listing's accounts have.
    amounts : (slots,) USD >= 0.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    collected = float(amounts.sum())
    charge(venue, listing, amounts, held.gain, held.equity, collected, reaction)
    return collected


@lean_rule
def cut_to(venue: Venue, listing: int, amounts: Array, room: Room, reaction: float) -> float:
    """Take `amounts` from accounts whose `gain` and `equity` are in `room`; return their sum, USD.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
    amounts : (slots,) USD >= 0, at most the equity.
    room : as :func:`hold` has left it.
    reaction : 1, part of a cut by which leverage wanted falls.
    """
    collected = total(amounts, 0, amounts.shape[0])
    charge(venue, listing, amounts, room.gain, room.equity, collected, reaction)
    return collected


@lean_kernel
def charge_wallets(
    venue: Venue, listing: int, amounts: Array, wealth: Array, payee: Code, reaction: float, taken: Array
) -> float:
    """Take `amounts`, (slots,) USD, from the wallets of accounts worth `wealth` each; return their sum.

    The money goes to the listing's account `payee`.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
    amounts : (slots,) USD >= 0.
    wealth : (slots,) USD > 0 where something is taken.
    payee : account of the ledger.
    reaction : 1, part of a cut by which leverage wanted falls.
    taken : (slots,) room, written.
    """
    accounts, count = venue.accounts, 0
    for slot in range(amounts.shape[0]):
        amount = amounts[slot]
        if amount != 0.0:
            row, fraction = listing * amounts.shape[0] + slot, min(amount / wealth[slot], 1.0)
            accounts.wallet[row] = max(accounts.wallet[row] - amount, 0.0)
            accounts.realised[row] -= amount
            accounts.haircut[row] += amount
            accounts.cut[row] = max(accounts.cut[row], fraction)
            accounts.leverage[row] *= 1.0 - reaction * fraction
            venue.blocks.stale[row // BLOCK] = 1
            taken[count] = amount
            count += 1
    collected = total(taken, 0, count)
    pay(venue.book, WALLET, payee, listing, collected)
    return collected
