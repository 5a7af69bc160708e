"""Late money: one rule for all money that arrives after the loss it was meant for.

Recalled loans of funds and pools, claims paid late, parametric payouts, late calls on members and fresh capital all
follow it. An amount x that arrives for protocol i pays, in this order,

    bad debt → frozen debt → customers and vault of a torn-up protocol, pro rata to their cut → the rest    (1)

each up to what is still open, and only the rest belongs to the fund, pool or treasury it came to. Nobody else who bore
the loss is paid back: what a loss regime took from accounts is settled for good. An estate pays late recoveries to its
creditors, not to its owner (UNCITRAL, *Legislative Guide on Insolvency Law*, part two, chapter V). Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import BLOCK
from agents.core.books import Venue
from agents.core.ledger import BAD_DEBT, FROZEN_DEBT, FUND, TREASURY, VAULT, WALLET, Ledger
from agents.core.table import Protocols

Array = np.ndarray


class Estates(NamedTuple):
    """What is remembered of torn-up protocols."""

    cut: Array  # (protocols, slots) USD >= 0, what each customer lost and has not got back
    torn_up: Array  # (protocols,) bool, who was torn up so far


class LateMoney:
    """The debts of a run that late money pays.

    Parameters
    ----------
    ledger, protocol : where debts are, and the records that count who paid them.
    venue : the accounts, for what torn-up protocols owe; none where nothing is torn up.
    """

    def __init__(self, ledger: Ledger, protocol: Protocols, venue: Venue | None = None) -> None:
        self.ledger, self.protocol, self.venue = ledger, protocol, venue
        members = len(protocol)
        slots = len(venue.accounts.size) // members if venue else 0
        self.memory = Estates(np.zeros((members, slots)), np.zeros(members, dtype=bool))
        self.cut, self.torn_up = self.memory

    def open(self) -> Array:
        """Return what each protocol still owes by (1), (protocols,) USD >= 0."""
        balance, protocol = self.ledger.balance, self.protocol
        debt = np.maximum(-balance[BAD_DEBT], 0.0) + np.maximum(-balance[FROZEN_DEBT], 0.0)
        return np.array(debt + protocol.paid_customers + protocol.paid_providers)

    def owe(self, i: int, cut: Array, vault: float) -> None:
        """Note what customers, (slots,) USD, and the vault of protocol `i` lost when it was torn up."""
        self.cut[i] += cut
        self.torn_up[i] = True
        self.protocol.paid_customers[i] += cut.sum()
        self.protocol.paid_providers[i] += vault

    def pay(self, amounts: Array, column: str) -> Array:
        """Pay open debt by (1) with money the caller took out of its account; return the rest, (protocols,) USD.

        Parameters
        ----------
        amounts : (protocols,) USD >= 0.
        column : of the protocols' records, where what was paid is counted.
        """
        balance, counted = self.ledger.balance, getattr(self.protocol, column)
        on_debt = np.minimum(amounts, np.maximum(-balance[BAD_DEBT], 0.0))
        on_frozen = np.minimum(amounts - on_debt, np.maximum(-balance[FROZEN_DEBT], 0.0))
        balance[BAD_DEBT] += on_debt
        balance[FROZEN_DEBT] += on_frozen
        self.protocol.thawed[:] += on_frozen
        counted[:] += on_debt + on_frozen
        rest: Array = amounts - on_debt - on_frozen
        for i in np.flatnonzero(self.torn_up & (rest > 0.0)).tolist():
            given = self._pay_estate(i, float(rest[i]))
            counted[i] += given
            rest[i] = max(rest[i] - given, 0.0)
        return rest

    def borne(self) -> Array:
        """Return what each member bears of its losses next to its own layers, (protocols,) USD: debt open and paid."""
        return self.open() + np.asarray(self.protocol.paid_treasury)

    def repay(self, rest: Array, column: str) -> None:
        """Repay treasuries what they paid of bad debt, `rest` USD each, counted in `column` as open debt is."""
        protocol = self.protocol
        self.ledger.balance[TREASURY] += rest
        getattr(protocol, column)[:] += rest
        protocol.paid_treasury[:] = np.maximum(protocol.paid_treasury - rest, 0.0)

    def restore(self, fund: Array, skin: Array, column: str) -> None:
        """Give own funds and skin in the game back what they paid in a pool's place, USD each, counted in `column`."""
        protocol, balance = self.protocol, self.ledger.balance
        balance[FUND] += fund
        balance[TREASURY] += skin
        protocol.skin[:] += skin
        protocol.paid_fund[:] = np.maximum(protocol.paid_fund - fund, 0.0)
        protocol.paid_skin[:] = np.maximum(protocol.paid_skin - skin, 0.0)
        getattr(protocol, column)[:] += fund + skin

    def _pay_estate(self, i: int, amount: float) -> float:
        """Pay customers and vault of a torn-up protocol what they lost, pro rata; return what was paid."""
        protocol, cut = self.protocol, self.cut[i]
        customers, vault = float(cut.sum()), float(protocol.paid_providers[i])
        owed = customers + vault
        part = min(amount / owed, 1.0) if owed > 0.0 else 0.0
        back = cut * part
        self._to_wallets(i, back)
        cut -= back
        self.ledger.balance[VAULT, i] += vault * part
        protocol.paid_customers[i] = max(protocol.paid_customers[i] - back.sum(), 0.0)
        protocol.paid_providers[i] -= vault * part
        return float(back.sum()) + vault * part

    def _to_wallets(self, i: int, amounts: Array) -> None:
        assert self.venue is not None  # only a protocol with accounts is torn up
        accounts, slots = self.venue.accounts, len(amounts)
        rows = slice(i * slots, (i + 1) * slots)
        accounts.wallet[rows] += amounts
        accounts.haircut[rows] = np.maximum(accounts.haircut[rows] - amounts, 0.0)
        accounts.realised[rows] += amounts
        self.venue.blocks["stale"][rows.start // BLOCK : rows.stop // BLOCK] = 1
        self.venue.exchange["wallet"][i] += amounts.sum()
        self.ledger.balance[WALLET, i] += amounts.sum()
