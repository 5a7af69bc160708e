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

    cut: Array  # (listings, slots) USD >= 0, what each customer lost and has not got back
    vault_cut: Array  # (listings,) USD >= 0, what each vault lost, all told
    torn_up: Array  # (protocols,) bool, who was torn up so far


class LateMoney:
    """The debts of a run that late money pays.

    Parameters
    ----------
    ledger, protocol : where debts are, and the records that count who paid them.
    listings : (listings,) protocol of each; none: one each.
    venue : the accounts, for what torn-up protocols owe; none where nothing is torn up.
    """

    def __init__(
        self, ledger: Ledger, protocol: Protocols, listings: Array | None = None, venue: Venue | None = None
    ) -> None:
        self.ledger, self.protocol, self.venue = ledger, protocol, venue
        members = len(protocol)
        self.protocol_of = np.arange(members) if listings is None else listings
        number = len(self.protocol_of)
        slots = len(venue.accounts.size) // number if venue else 0
        self.memory = Estates(np.zeros((number, slots)), np.zeros(number), np.zeros(members, dtype=bool))
        self.cut, self.vault_cut, self.torn_up = self.memory

    def debt(self) -> Array:
        """Return bad and frozen debt of each protocol, (protocols,) USD >= 0."""
        return np.maximum(-self.ledger.own[BAD_DEBT], 0.0) + self._by_protocol(self._frozen())

    def open(self) -> Array:
        """Return what each protocol still owes by (1), (protocols,) USD >= 0."""
        return np.array(self.debt() + self.protocol.paid_customers + self.protocol.paid_providers)

    def owe(self, i: int, cut: Array, vault: Array) -> None:
        """Note what customers of protocol `i` lost when it was torn up, (its listings, slots) USD, and its vaults."""
        rows = self.protocol_of == i
        self.cut[rows] += cut
        self.vault_cut[rows] += vault
        self.torn_up[i] = True
        self.protocol.paid_customers[i] += cut.sum()
        self.protocol.paid_providers[i] += vault.sum()

    def pay(self, amounts: Array, column: str) -> Array:
        """Pay open debt by (1) with money the caller took out of its account; return the rest, (protocols,) USD.

        Parameters
        ----------
        amounts : (protocols,) USD >= 0.
        column : of the protocols' records, where what was paid is counted.
        """
        own, counted, frozen = self.ledger.own, getattr(self.protocol, column), self._frozen()
        on_debt = np.minimum(amounts, np.maximum(-own[BAD_DEBT], 0.0))
        on_frozen = np.minimum(amounts - on_debt, self._by_protocol(frozen))
        own[BAD_DEBT] += on_debt
        self.ledger.balance[FROZEN_DEBT] += self._to_listings(on_frozen, frozen)
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
        self.ledger.own[TREASURY] += rest
        getattr(protocol, column)[:] += rest
        protocol.paid_treasury[:] = np.maximum(protocol.paid_treasury - rest, 0.0)

    def restore(self, fund: Array, skin: Array, column: str) -> None:
        """Give own funds and skin in the game back what they paid in a pool's place, USD each, counted in `column`."""
        protocol, balance = self.protocol, self.ledger.own
        balance[FUND] += fund
        balance[TREASURY] += skin
        protocol.skin[:] += skin
        protocol.paid_fund[:] = np.maximum(protocol.paid_fund - fund, 0.0)
        protocol.paid_skin[:] = np.maximum(protocol.paid_skin - skin, 0.0)
        getattr(protocol, column)[:] += fund + skin

    def _pay_estate(self, i: int, amount: float) -> float:
        """Pay customers and vaults of a torn-up protocol what they lost, pro rata; return what was paid."""
        protocol, rows = self.protocol, np.flatnonzero(self.protocol_of == i)
        cut = self.cut[rows]
        customers, vault = float(cut.sum()), float(protocol.paid_providers[i])
        owed = customers + vault
        part = min(amount / owed, 1.0) if owed > 0.0 else 0.0
        back = cut * part
        for listing, amounts in zip(rows.tolist(), back, strict=True):
            self._to_wallets(listing, amounts)
        self.cut[rows] = cut - back
        whole = self.vault_cut[rows].sum()
        self.ledger.balance[VAULT, rows] += vault * part * (self.vault_cut[rows] / whole if whole > 0.0 else 0.0)
        protocol.paid_customers[i] = max(protocol.paid_customers[i] - back.sum(), 0.0)
        protocol.paid_providers[i] -= vault * part
        return float(back.sum()) + vault * part

    def _frozen(self) -> Array:
        """Return the frozen debt of each listing, (listings,) USD >= 0."""
        return np.maximum(-self.ledger.balance[FROZEN_DEBT], 0.0)

    def _by_protocol(self, amounts: Array) -> Array:
        """Return the sums of listings' amounts by protocol, (protocols,)."""
        return np.bincount(self.protocol_of, amounts, len(self.protocol))

    def _to_listings(self, amounts: Array, key: Array) -> Array:
        """Return protocols' amounts divided among their listings in proportion to a `key`, (listings,) >= 0."""
        whole = self._by_protocol(key)[self.protocol_of]
        share = np.divide(key, whole, out=np.zeros_like(key), where=whole > 0.0)
        return np.array(amounts[self.protocol_of] * share)

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
