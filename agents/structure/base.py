"""What every backstop structure is: own funds, pots, and the rule by which a pot pays.

With total capital C allotted as cᵢ to members i, a structure with own share a puts a cᵢ into member i's fund and
(1 − a) cᵢ into the pot of which i is a member: the total is C in every structure. Income is split the same way. Losses
go to the own fund first; what is left is a claim on the pot, cut by the structure's treaty and settled by its
settlement rule. Pots do not help each other.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from agents.pot import charge
from agents.settlement import SETTLEMENTS

Array = np.ndarray


class Structure:
    """A backstop structure with the state of its pots.

    Parameters
    ----------
    terms : the scenario's backstop section.
    capital : (members,) USD, the capital allotted to each member.
    minutes : length of a step.
    draw : (members,) uniform draws, for a partition by lot.

    Attributes
    ----------
    own_share : share of a member's capital and income that stays in its own fund.
    holds_capital : False where neither funds nor pots exist and income leaves the ecosystem.
    charges_premium : True where members pay a premium to their pot.
    mutual : True where surviving members' funds and treasuries pay what a member's own layers cannot.
    pot : (members,) the pot each member belongs to, numbered from 0 without gaps.
    entitlement : (members,) USD, what is left of each member's contribution to its pot.
    loss : (members,) USD, losses so far that the own layers were asked for.
    outside : (pots,) USD, what capital providers own of each pot; with the entitlements it is all the pot has.
    member : (members,) bool, who is in its pot at present.
    lacking : (pots,) USD, cash that claims made and not yet due will lack; nil where all are settled at once.
    unpaid : (members,) USD, claims due so far that the pot had no cash for; recalled money pays them late.
    at_once : context within which what is lent out is at hand; does nothing unless recalls take no time.
    """

    own_share = 1.0
    holds_capital = True
    charges_premium = False
    mutual = False
    lacking: Array | float = 0.0

    def __init__(self, terms: Any, capital: Array, minutes: float = 1.0, draw: Array | None = None) -> None:
        self.terms = terms
        self.capital = capital
        self.minutes = minutes
        self.settlement = SETTLEMENTS[terms.settlement]
        self.pot = self.partition(len(capital), draw)
        self.pots = int(self.pot.max()) + 1
        self.members: list[Any] = (
            [np.flatnonzero(self.pot == j) for j in range(self.pots)] if self.pots > 1 else [slice(None)]
        )
        self.entitlement = capital * (1.0 - self.own_share) * self.holds_capital
        self.pot_capital = self.by_pot(self.entitlement)
        self.loss = np.zeros_like(capital)
        self.outside = np.zeros(self.pots)
        self.member = np.ones(len(capital), dtype=bool)
        self.unpaid = np.zeros_like(capital)
        self.at_once: AbstractContextManager[None] = nullcontext()

    @property
    def own_capital(self) -> Array:
        """Capital of each member's own fund at the start, (members,) USD."""
        return self.capital * (self.own_share * self.holds_capital)

    @property
    def shares(self) -> bool:
        """Whether there is a pot to claim on."""
        return self.holds_capital and (self.own_share < 1.0 or self.charges_premium)

    def partition(self, members: int, draw: Array | None) -> Array:
        """Return the pot of each member, (members,): one for all unless a subclass divides them."""
        return np.zeros(members, np.int64)

    def assessable(self, treasury: Array, assessed: Array) -> Array:
        """Return what may still be asked of each treasury for others, (members,) USD: nothing unless mutual."""
        return np.zeros_like(treasury)

    def by_pot(self, amounts: Array) -> Array:
        """Return the sums of members' amounts by pot, (pots,)."""
        return np.array([amounts[members].sum() for members in self.members])

    def begin(self, step: int) -> None:
        """Do what is due before the deficits of a step; nothing unless claims are settled otherwise."""

    def due(self, deficit: Array, claim: Array, step: int) -> Array:
        """Return what the treaty lets each member claim, (members,) USD: everything unless a subclass cuts it."""
        return claim

    def pay(self, deficit: Array, claim: Array, cash: Array, priority: Array, step: int) -> tuple[Array, Array]:
        """Return what each member is due and is paid by its pot, (members,) USD, and charge it to the entitlements.

        Parameters
        ----------
        deficit : losses of this step before any layer.
        claim : what the own layers left unpaid.
        cash : (pots,) what each pot has at hand.
        priority : order of arrival, uniform draws.
        """
        due = np.minimum(self.due(deficit, claim, step), claim)
        paid = self.settle(due, cash, priority)
        self.settled(deficit, due, paid, step)
        return due, paid

    def still_due(self, unpaid: Array, step: int) -> Array:
        """Return what the treaty still lets late money pay of claims left unpaid, (members,) USD."""
        return unpaid

    def settled(self, deficit: Array, due: Array, paid: Array, step: int) -> None:
        """Take note of a settlement; subclasses whose treaties remember more than losses add to it."""
        self.loss += deficit

    def settle(self, due: Array, cash: Array, priority: Array) -> Array:
        """Return what is paid of claims due by the settlement rule, charged to entitlements and capital providers."""
        paid, left = np.zeros_like(due), self.entitlement
        for j, members in enumerate(self.members):
            own = left[members]
            paid[members] = self.settlement(due[members], float(cash[j]), own, priority[members])
            if self.outside[j] > 0.0:
                stakes = charge(np.append(own, self.outside[j]), np.append(paid[members], 0.0))
                left[members], self.outside[j] = stakes[:-1], stakes[-1]
            else:
                left[members] = charge(own, paid[members])
        return paid

    def credit(self, change: Array) -> Array:
        """Share a pot's gain or loss among those who own it; return what nobody was there to own, (pots,) USD."""
        whole = self.by_pot(self.entitlement) + self.outside
        growth = np.divide(change, whole, out=np.zeros_like(whole), where=whole > 0.0)
        self.entitlement *= np.maximum(1.0 + growth[self.pot], 0.0)
        self.outside *= np.maximum(1.0 + growth, 0.0)
        return np.where(whole > 0.0, 0.0, change)
