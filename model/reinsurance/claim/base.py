"""The claims handler: from a member's loss to a payment by its pool.

A member that keeps a part ρ of its claims (coinsurance) is due (1 − ρ) of what its treaty allows; one that left the
pool nothing. What is to be paid is first backed by the second pool, if there is one, and then settled by the
structure's rule. Units: USD.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from agents.core.ledger import FUND, POOL
from agents.core.memory import NOTHING, Memory
from model.backstop.context import Context
from model.reinsurance.retrocession import Retrocession

Array = np.ndarray


class Claimed(NamedTuple):
    """What every handler remembers."""

    kept: Array  # (members,) 1, in [0, 1], part of each claim the member keeps
    claims: Array  # (members,) USD >= 0, claims made so far
    lacking: Array  # (pots,) USD >= 0, cash that claims made and not yet due will lack


class ClaimsHandler(ABC):
    """A claims handler; it takes the place of the structure in the waterfall.

    Parameters
    ----------
    context : parts of the run.
    second : the second pool; one without capital pays nothing.
    key : of the draws of disputes.

    Attributes
    ----------
    terms : the scenario's reinsurance section.
    claimed : its arrays by name, which change in place.
    memory : what a kind of handler remembers besides, if it does (:mod:`agents.core.memory`).
    """

    memory: Memory = NOTHING

    def __init__(self, context: Context, second: Retrocession, key: np.uint64) -> None:
        self.context, self.second, self.key = context, second, key
        self.structure, self.terms, self.minutes = (
            context.structure,
            context.scenario.reinsurance,
            context.scenario.minutes,
        )
        members, pots = len(self.structure.capital), self.structure.pots
        self.claimed = Claimed(np.zeros(members), np.zeros(members), np.zeros(pots))
        self.kept, self.claims, self.lacking = self.claimed

    @property
    def gross(self) -> bool:
        """Whether claims are made on the gross loss, before the own fund pays."""
        return self.structure.gross

    @property
    def open(self) -> Array:
        """Return claims made and not yet decided, (members,) USD."""
        return np.zeros_like(self.kept)

    @property
    def begins(self) -> bool:
        """Whether :meth:`begin` does anything."""
        return type(self).begin is not ClaimsHandler.begin

    def begin(self, step: int) -> None:  # noqa: B027 (few have something to do)
        """Prepare for the deficits of a step; nothing to do unless overridden."""

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what the pools owe now, (members,) USD."""
        return self.claimable(deficit, claim, step)

    def claimable(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what members may claim, whenever it will be paid, (members,) USD."""
        allowed = np.minimum(self.structure.due(deficit, claim, step), claim)
        return allowed * (1.0 - self.kept) * self.structure.member

    @abstractmethod
    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return what members are due and are paid now, as :meth:`model.backstop.structure.base.Structure.pay`.

        Parameters
        ----------
        deficit : (members,) USD >= 0, loss of the step.
        claim : (members,) USD >= 0, of that, what treaties let each claim.
        cash : (pots,) USD >= 0, at hand.
        priority : (members,) in (0, 1), order of arrival.
        step : present step.
        """

    def late(self, step: int) -> None:  # noqa: B027 (few have something to do)
        """Pay what has become due without a deficit of this step."""

    def settle(self, due: Array, cash: Array, priority: Array) -> Array:
        """Return what the pools pay of `due`, (members,) USD, the second pool paying its part of it to them first."""
        structure, asked = self.structure, self.structure.by_pool(due)
        backed = self.second.recover(asked)
        if backed.any():
            cash += backed
            share = np.divide(backed, asked, out=np.zeros_like(asked), where=asked > 0.0)
            structure.entitlement += due * share[structure.pool_of]
        return structure.settle(due, cash, priority)

    def reimburse(self, due: Array, step: int) -> Array:
        """Pay claims next to the waterfall: on debt still open, the rest as the cover says; return what was paid."""
        context, balance = self.context, self.context.ledger.own
        with self.structure.at_once:
            cash = balance[POOL, : self.structure.pots]
            paid = self.settle(due, cash, context.tape().priority[step])
            cash -= self.structure.by_pool(paid)
        self.structure.unpaid += due - paid
        self.give(context.late.pay(paid, "paid_claims"))
        context.protocol.reimbursed[:] += paid
        self._note(self.structure.by_pool(due), self.structure.by_pool(paid), step)
        return paid

    def give(self, rest: Array) -> None:
        """Give members what no open debt needed of a payment, (members,) USD: into their funds."""
        self.context.ledger.own[FUND] += rest

    def _note(self, asked: Array, given: Array, step: int) -> None:
        pool = self.context.pool
        pool.claims_due[:] += asked
        pool.claims_paid[:] += given
        pool.exhausted_step[(given < asked * (1.0 - 1e-12)) & (pool.exhausted_step < 0)] = step
