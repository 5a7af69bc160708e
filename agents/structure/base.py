"""What every backstop structure is: own funds, a shared pool, and the rule by which the pool pays.

With total capital C allotted as cᵢ to members i, a structure with own share a puts a cᵢ into member i's fund and
(1 − a) Σ cᵢ into the pool: the total is C in every structure. Income is split the same way. Losses go to the own fund
first; what is left is a claim on the pool, cut by the structure's treaty and settled by its settlement rule.
"""

from typing import Any

import numpy as np

from agents.pot import charge
from agents.settlement import SETTLEMENTS

Array = np.ndarray


class Structure:
    """A backstop structure with the state of its pool.

    Parameters
    ----------
    terms : the scenario's backstop section.
    capital : (members,) USD, the capital allotted to each member.

    Attributes
    ----------
    own_share : share of a member's capital and income that stays in its own fund.
    holds_capital : False where neither funds nor pool exist and income leaves the ecosystem.
    charges_premium : True where members pay a premium to the pool.
    entitlement : (members,) USD, what is left of each member's contribution to the pool.
    loss : (members,) USD, losses so far that the own layers were asked for.
    """

    own_share = 1.0
    holds_capital = True
    charges_premium = False

    def __init__(self, terms: Any, capital: Array) -> None:
        self.terms = terms
        self.capital = capital
        self.settlement = SETTLEMENTS[terms.settlement]
        self.entitlement = capital * (1.0 - self.own_share) * self.holds_capital
        self.loss = np.zeros_like(capital)

    @property
    def own_capital(self) -> Array:
        """Capital of each member's own fund at the start, (members,) USD."""
        return self.capital * self.own_share

    @property
    def pool_capital(self) -> float:
        """Capital of the pool at the start, USD."""
        return float((self.capital * (1.0 - self.own_share)).sum())

    def due(self, deficit: Array, claim: Array) -> Array:
        """Return what the treaty lets each member claim, (members,) USD: everything unless a subclass cuts it."""
        return claim

    def pay(self, deficit: Array, claim: Array, cash: float, priority: Array) -> tuple[Array, Array]:
        """Return what each member is due and is paid by the pool, (members,) USD, and charge it to the entitlements.

        Parameters
        ----------
        deficit : losses of this step before any layer.
        claim : what the own layers left unpaid.
        cash : what the pool has.
        priority : order of arrival, uniform draws.
        """
        due = np.minimum(self.due(deficit, claim), claim) * self.holds_capital
        self.loss += deficit
        paid = self.settlement(due, cash, self.entitlement, priority)
        self.entitlement = charge(self.entitlement, paid)
        return due, paid
