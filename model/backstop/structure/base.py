"""What every backstop structure is: own funds, pools, and the rule by which a pool pays.

With total capital C allotted as cᵢ to members i, a structure with own share a puts a cᵢ into member i's fund and
(1 − a) cᵢ into the pool of which i is a member. Where only a part k of the capital is paid in, cᵢ is k cᵢ here and the
rest stays in the member's treasury, on call. What may be called is C in every structure. Income is split the same way.
A claim on the pool is cut by the structure's treaty and settled by its settlement rule; the order of the layers is that
of :mod:`model.backstop.waterfall`. Pools do not help each other.

Of the pool with K USD member i owns its entitlement eᵢ, capital providers the rest. Of its entitlement rᵢ is its
**reserve**: what is left of what it contributed in its own name,

    rᵢ = min(eᵢ, (1 − a) k cᵢ + replenishment and contributions paid in later − what it was paid)              (1)

and K − Σ rᵢ is **surplus**: fees, premiums, yield, capital providers' money. A settlement rule that reserves
(:data:`model.backstop.settlement.RESERVING`) shares the surplus only.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from agents.core.memory import NOTHING, Memory
from agents.protocol.standby import Backing
from model.backstop.pool import charge
from model.scenario.registry import RESERVING, SETTLEMENTS
from model.scenario.section.backstop import BackstopSection

LONGEST = 10_000  # steps, of a run whose length is not said: a week of minutes
Array = np.ndarray


class Stakes(NamedTuple):
    """What a structure remembers of its members and pools, whatever its treaties."""

    entitlement: Array  # (members,) USD >= 0, what each owns of its pool
    contributed: Array  # (members,) USD >= 0, paid into its pool in its own name, less what the pool paid it
    room: Array  # (members,) USD >= 0, most that treaty and sub-limit still let each claim, inf where nothing does
    loss: Array  # (members,) USD >= 0, losses so far that the layers were asked for
    outside: Array  # (pots,) USD >= 0, what capital providers own of each pool
    member: Array  # (members,) bool, who is in its pool at present
    unpaid: Array  # (members,) USD >= 0, claims due so far that the pool had no cash for
    fronted: Array  # (2, members) USD >= 0, what own funds and skin paid in the place of claims not paid yet


class Structure:
    """A backstop structure with the state of its pools.

    Parameters
    ----------
    terms : the scenario's backstop section.
    capital : (members,) USD, the capital allotted to each member.
    minutes : length of a step.
    draw : (members,) uniform draws, for a partition by lot.
    steps : length of a run; nothing has to be remembered for longer.

    Attributes
    ----------
    own_share : share of a member's capital and income that stays in its own fund.
    paid_share : share of a member's capital that is paid in; the rest is in its treasury, on call.
    on_call : (members,) USD, capital on call at the start.
    gross : True where treaties attach on the gross loss and take their part of it past the own fund.
    reserves : True where nobody draws what another contributed.
    holds_capital : False where neither funds nor pools exist and income leaves the ecosystem.
    charges_premium : True where members pay a premium to their pool.
    mutual : True where surviving members' funds and treasuries pay what a member's own layers cannot.
    pool_of : (members,) the pool each member belongs to, numbered from 0 without gaps.
    entitlement : (members,) USD, what each member owns of its pool.
    contributed : (members,) USD, what each paid into its pool in its own name, less what the pool paid it.
    room : (members,) USD, most that treaty and sub-limit still let each claim, inf where nothing does.
    loss : (members,) USD, losses so far that the layers were asked for.
    outside : (pots,) USD, what capital providers own of each pool; with the entitlements it is all the pool has.
    member : (members,) bool, who is in its pool at present.
    lacking : (pots,) USD, cash that claims made and not yet due will lack; zero where all are settled at once.
    unpaid : (members,) USD, claims due so far that the pool had no cash for; recalled money pays them late.
    fronted : (2, members) USD, what own funds and skin paid in the place of claims the pool has not paid yet.
    at_once : context within which what is lent out is at hand; does nothing unless recalls take no time.
    stakes : the arrays of these names, which change in place.
    memory : what treaties of a kind remember besides, if they do (:mod:`agents.core.memory`).
    """

    own_share = 1.0
    paid_share = 1.0
    gross = False
    holds_capital = True
    charges_premium = False
    mutual = False
    lacking: Array | float = 0.0
    memory: Memory = NOTHING

    def __init__(
        self, terms: BackstopSection, capital: Array, minutes: float = 1.0, draw: Array | None = None,
        steps: int = LONGEST,
    ) -> None:  # fmt: skip
        self.terms = terms
        self.capital = capital
        self.minutes, self.steps = minutes, steps
        self.settlement = SETTLEMENTS[terms.settlement]
        self.pool_of = self.partition(len(capital), draw)
        self.pots = int(self.pool_of.max()) + 1
        self.members: list[Any] = (
            [np.flatnonzero(self.pool_of == j) for j in range(self.pots)] if self.pots > 1 else [slice(None)]
        )
        self.reserves = terms.settlement in RESERVING
        held = capital * self.holds_capital
        self.paid_in = held * self.paid_share
        self.on_call = held - self.paid_in
        self.entitlement = self.paid_in * (1.0 - self.own_share)
        self.contributed = self.entitlement.copy()
        self.room = np.full_like(capital, np.inf)
        self.pool_capital = self.by_pool(self.entitlement)
        self.loss = np.zeros_like(capital)
        self.outside = np.zeros(self.pots)
        self.member = np.ones(len(capital), dtype=bool)
        self.unpaid = np.zeros_like(capital)
        self.fronted = np.zeros((2, len(capital)))
        self.stakes = Stakes(**{name: getattr(self, name) for name in Stakes._fields})
        self.at_once: AbstractContextManager[None] = nullcontext()

    @property
    def begins(self) -> bool:
        """Whether :meth:`begin` does anything."""
        return type(self).begin is not Structure.begin

    @property
    def own_capital(self) -> Array:
        """Capital of each member's own fund at the start, (members,) USD."""
        return self.paid_in * self.own_share

    @property
    def shares(self) -> bool:
        """Whether there is a pool to claim on."""
        return self.holds_capital and (self.own_share < 1.0 or self.charges_premium)

    def partition(self, members: int, draw: Array | None) -> Array:
        """Return the pool of each member, (members,): one for all unless a subclass divides them."""
        return np.zeros(members, np.int64)

    @cached_property
    def backing(self) -> Backing:
        """Return what kernels read of a structure to compute its backing, updated in place.

        Made when a run is built, it holds the backing at the start; see :mod:`agents.protocol.standby`.
        """
        given = self.entitlement if self.reserves else self.pool_capital[self.pool_of]
        ready = np.minimum(self.room, given) if self.shares else self.capital * self.mutual
        return Backing(
            shares=self.shares,
            mutual=self.mutual,
            reserves=self.reserves,
            pool_of=self.pool_of,
            member=self.member,
            room=self.room,
            entitlement=self.entitlement,
            contributed=self.contributed,
            on_call=self.on_call,
            start=self.own_capital + ready,
        )

    @property
    def reserve(self) -> Array:
        """Return each member's reserve (1), (members,) USD."""
        return np.minimum(self.contributed, self.entitlement)

    def assessable(self, treasury: Array, assessed: Array) -> Array:
        """Return what is left of each member's capital on call, (members,) USD; `assessed` was paid so far."""
        return np.minimum(np.maximum(self.on_call - assessed, 0.0), np.maximum(treasury, 0.0))

    def by_pool(self, amounts: Array) -> Array:
        """Return the sums of members' amounts by pool, (pots,)."""
        return np.array([amounts[members].sum() for members in self.members])

    def begin(self, step: int) -> None:
        """Prepare for the deficits of a step; nothing to do unless overridden."""

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what the treaty lets each member claim, (members,) USD: everything unless a subclass cuts it."""
        return claim

    def claimable(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what members may claim, whenever it will be paid, (members,) USD."""
        return np.minimum(self.due(deficit, claim, step), claim)

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return what each member is due and is paid by its pool, (members,) USD, and charge it to the entitlements.

        Parameters
        ----------
        deficit : losses of this step before any layer.
        claim : what the own layers left unpaid.
        cash : (pots,) what each pool has at hand.
        priority : order of arrival, uniform draws.
        """
        due = self.claimable(deficit, claim, step)
        paid = self.settle(due, cash, priority)
        self.settled(deficit, due, paid, step)
        return due, paid

    def still_due(self, unpaid: Array, step: int) -> Array:
        """Return what the treaty still lets late money pay of claims left unpaid, (members,) USD."""
        return unpaid

    def settled(self, deficit: Array, due: Array, paid: Array, step: int) -> None:
        """Record a settlement; subclasses whose treaties keep more than losses extend it.

        Parameters
        ----------
        deficit : (members,) USD >= 0, loss of the step.
        due, paid : (members,) USD >= 0, what the treaty owes on it and what was paid.
        step : present step.
        """
        self.loss += deficit

    def settle(self, due: Array, cash: Array, priority: Array) -> Array:
        """Return what is paid of claims due by the settlement rule, charged to entitlements and capital providers."""
        paid, left, reserve = np.zeros_like(due), self.entitlement, self.reserve
        kept = reserve * self.reserves
        for j, members in enumerate(self.members):
            own, untouched = left[members], kept[members]
            paid[members] = self.settlement(due[members], float(cash[j]), reserve[members], priority[members])
            if self.outside[j] > 0.0:
                paying = np.append(own, self.outside[j]), np.append(paid[members], 0.0)
                stakes = charge(*paying, np.append(untouched, 0.0))
                left[members], self.outside[j] = stakes[:-1], stakes[-1]
            else:
                left[members] = charge(own, paid[members], untouched)
        self.contributed[:] = np.maximum(self.contributed - paid, 0.0)
        return paid

    def at_hand(self, cash: Array) -> tuple[Array, Array]:
        """Return what pools with `cash`, (pots,) USD, keep for each member, (members,), and for all, (pots,) USD."""
        kept = self.reserve * self.reserves
        whole = self.by_pool(kept)
        cut = np.divide(np.minimum(cash, whole), whole, out=np.zeros_like(whole), where=whole > 0.0)
        return kept * cut[self.pool_of], np.maximum(cash - whole, 0.0)

    def contribute(self, amounts: Array) -> None:
        """Credit what members pay into their pools in their own name, or take home, (members,) USD."""
        self.entitlement += amounts
        self.contributed[:] = np.maximum(self.contributed + amounts, 0.0)

    def credit(self, change: Array) -> Array:
        """Share a pool's gain or loss among its owners; return the amount left in pools without owners, (pots,) USD."""
        whole = self.by_pool(self.entitlement) + self.outside
        growth = np.divide(change, whole, out=np.zeros_like(whole), where=whole > 0.0)
        self.entitlement *= np.maximum(1.0 + growth[self.pool_of], 0.0)
        self.outside *= np.maximum(1.0 + growth, 0.0)
        return np.where(whole > 0.0, 0.0, change)
