"""The layers in Python, in the order of :mod:`model.backstop.layer.descent`, around rules in Python.

For a market of claims, loans recalled at once, calls that take time, and a structure, settlement rule or trigger of a
researcher's own. Every layer takes what is left of all members' losses, (members,) USD, moves what it pays and returns
what it leaves; layers of a member's own money are the rules of :mod:`model.backstop.layer.own`, and of
:mod:`model.backstop.layer.part` for a fund that is divided among listings.
"""

from typing import Any, Protocol

import numpy as np

from agents.core.column import columns
from agents.core.ledger import DEFICIT, FUND, LENT, POOL, TREASURY, Ledger
from agents.core.table import Pools, Protocols
from agents.protocol.protocol import SOUND
from model.backstop.cash_call import CashCalls
from model.backstop.default_fund import contribute_pro_rata
from model.backstop.layer.own import ROUNDING, pay_from_call, pay_from_skin
from model.backstop.layer.part import Division, funds_for, make_parts, one_each, pay_from_parts
from model.backstop.layer.table import Asked, LayerRoom, make_layer_room
from model.backstop.structure.base import Structure

Array = np.ndarray


class ClaimsSettler(Protocol):
    """Who settles claims: a structure, or a market of claims in its place (:mod:`model.reinsurance.claim`)."""

    @property
    def gross(self) -> bool:
        """Whether claims are made on the gross loss, before the own fund pays."""

    @property
    def begins(self) -> bool:
        """Whether :meth:`begin` does anything."""

    @property
    def lacking(self) -> Array | float:
        """Cash that claims made and not yet due will lack, (pots,) USD."""

    def begin(self, step: int) -> None:
        """Prepare for the deficits of a step."""

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what the pools owe now, (members,) USD."""

    def claimable(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what members may claim, whenever it will be paid, (members,) USD."""

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return what members are due and are paid now; see :meth:`model.backstop.structure.base.Structure.pay`."""


class Layers:
    """The layers of all protocols.

    Parameters
    ----------
    structure : who holds the capital.
    division : how own funds are divided among listings; none: one listing each.
    room : for what the layers work out; one of its own where none is given.

    Attributes
    ----------
    handler : who settles claims, the structure unless a market takes its place.
    calls : assessments that take time, if they do.
    unpaid_fund, unpaid_pool : (members,), (pots,) USD, asked of own funds and pools, not at hand and not recalled yet.
    """

    def __init__(
        self, structure: Structure, division: Division | None = None, room: LayerRoom | None = None
    ) -> None:  # fmt: skip
        self.structure = structure
        self.division = division or one_each(len(structure.capital))
        self.handler: ClaimsSettler = structure
        self.calls: CashCalls | None = None
        members, none = len(structure.capital), np.zeros(structure.pots)
        self.room = room or make_layer_room(members, structure.pots, int(self.division.first[-1]))
        spared = np.zeros(members, dtype=bool)
        self.memory = Asked(np.zeros(members), none, spared, make_parts(self.division))
        self.unpaid_fund, self.unpaid_pool, self._spared, self.parts = self.memory
        self._table: Any = None

    def bind(self, ledger: Ledger, protocol: Protocols, pool: Pools) -> None:
        """Take accounts and columns out of their tables, once."""
        self._table, self._member, self._reinsurer = protocol, columns(protocol), columns(pool)
        self._balance, balance = ledger.balance, ledger.own
        self._deficit, self._fund, self._lent = balance[DEFICIT], balance[FUND], balance[LENT]
        self._treasury, self._pool = balance[TREASURY], balance[POOL, : self.structure.pots]

    def _layers(self, deficit: Array, priority: Array, step: int) -> Array:
        structure = self.structure
        if structure.shares:
            return self._shared(deficit, priority, step)
        left = self._own_fund(deficit)
        self.unpaid_fund += left
        if structure.mutual and left.any():
            left = self._own_call(left)
        if left.any():
            left = self._skin(left, left)
        if structure.mutual and left.any():
            left = self._survivors(left, priority, step)
        return left

    def _survivors(self, left: Array, priority: Array, step: int) -> Array:
        """Return what survivors' contributions and assessments leave; where calls take time, nobody is assessed yet."""
        left = self._default_fund(left, priority)
        if self.calls:
            self.calls.file(left, step)
            return left
        return self._assess(left, priority)

    def _shared(self, deficit: Array, priority: Array, step: int) -> Array:
        """Return what own fund, skin and pool leave."""
        beyond, ceded = self._beyond(deficit), self._ceded(deficit, step)
        lacking = self._own_fund(deficit - ceded)
        left = lacking + ceded
        if beyond.any():
            left = self._skin(left, beyond)
        left = after_pool = self._claim(deficit, left, priority, step)
        if self.handler.gross:
            left = lacking = self._own_fund(left)
        self.unpaid_fund += lacking
        after_fund = left
        if left.any():
            left = self._skin(left, left)
        self.structure.fronted += after_pool - after_fund, after_fund - left
        return left

    def _ceded(self, deficit: Array, step: int) -> Array | float:
        """Return what treaties on the gross loss take past the own fund, USD."""
        return self.handler.claimable(deficit, deficit, step) if self.handler.gross else 0.0

    def _beyond(self, deficit: Array) -> Array:
        """Return losses beyond own fund and entitlement, (L − F − E)⁺ of (2), (members,) USD."""
        return np.maximum(deficit - self._fund_for(deficit) - self.structure.entitlement, 0.0)

    def _fund_for(self, deficit: Array) -> Array:
        """Return what of each own fund stands for its member's loss, (members,) USD."""
        if not self.division.divided:
            return self._fund
        found = np.empty_like(deficit)
        funds_for(self._balance, self.division, self.parts, self.room.wanted, deficit, found)
        return found

    def _own_fund(self, left: Array) -> Array:
        rest, wanted = left.copy(), self.room.wanted
        pay_from_parts(self._balance, self._member.paid_fund, self.division, self.parts, wanted, rest)
        return rest

    def _skin(self, left: Array, most: Array) -> Array:
        rest = left.copy()
        pay_from_skin(self._balance, self._member.skin, self._member.paid_skin, rest, most)
        return rest

    def _own_call(self, left: Array) -> Array:
        """Let each member's own capital on call pay for its loss."""
        rest, member = left.copy(), self._member
        pay_from_call(self._balance, self.structure.on_call, member.assessed, member.paid_assessment, rest)
        return rest

    def _claim(self, deficit: Array, left: Array, priority: Array, step: int) -> Array:
        """Settle what the own layers left with the pools, as far as treaties and cash go."""
        structure, reinsurer = self.structure, self._reinsurer
        due, paid = self.handler.pay(deficit, left, self._pool, priority, step)
        asked, given = structure.by_pool(due), structure.by_pool(paid)
        self._pool -= given
        self._deficit += paid
        self._member.paid_pool += paid
        reinsurer.claims_due += asked
        reinsurer.claims_paid += given
        short = given < asked * (1.0 - ROUNDING)
        reinsurer.exhausted_step[short & (reinsurer.exhausted_step < 0)] = step
        self.unpaid_pool += asked - given + self.handler.lacking
        structure.unpaid += due - paid
        return without_dust(left, paid)

    def _default_fund(self, left: Array, priority: Array) -> Array:
        """Let the survivors' contributions pay, in proportion to what is left of them."""
        room = np.where(self._survivor(left), np.maximum(self._fund, 0.0), 0.0)
        paid, given = self._share_out(left, room, priority)
        self._fund -= given
        self._member.paid_mutual += paid
        return without_dust(left, paid)

    def _assess(self, left: Array, priority: Array) -> Array:
        """Call on the survivors' treasuries, each up to its assessment power."""
        paid, given = self._share_out(left, np.where(self._survivor(left), self._callable(), 0.0), priority)
        self._treasury -= given
        self._member.assessed += given
        self._member.paid_assessment += paid
        return without_dust(left, paid)

    def _survivor(self, left: Array, spared: Array | bool | None = None) -> Array:
        """Return which members pay for others: without a claim, trading, not in default, not spared themselves."""
        out = self._spared if spared is None else spared
        return (left == 0.0) & (self._member.status == SOUND) & (self._member.halted == 0) & np.logical_not(out)

    def _share_out(self, left: Array, room: Array, priority: Array) -> tuple[Array, Array]:
        """Return what each claimant is paid and each survivor gives, by the settlement rule and pro rata."""
        paid = self.structure.settlement(left, float(room.sum()), np.zeros_like(left), priority)
        self._deficit += paid
        return paid, contribute_pro_rata(room, float(paid.sum()))

    def _own(self) -> Array:
        """Return each member's own money, own fund and own part of what is shared, (members,) USD."""
        return self._fund + self._lent + self.structure.entitlement + self._callable()

    def _callable(self) -> Array:
        """Return what is left of members' capital on call, (members,) USD."""
        return self.structure.assessable(self._treasury, self._member.assessed)


def without_dust(left: Array, paid: Array) -> Array:
    """Return :func:`model.backstop.layer.own.without_dust` of every member, (members,) USD."""
    return np.where(left - paid > ROUNDING * left, left - paid, 0.0)
