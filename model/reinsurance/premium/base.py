"""The base of every premium rule: a function of the members' exposures, in USD per year.

Members' claims are expected to cost ε Oᵢ a year before experience, O open interest and ε the loss cost, or what a pilot
estimated. With claims Cᵢ in t years the credible estimate is

    λᵢ = (1 − Z) εᵢ + Z Cᵢ / t,   Z = t / (t + k)                                             (1)

Reference: Bühlmann, "Experience rating and credibility" (1967). Units: USD, years.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from agents.core.memory import NOTHING, Memory
from model.scenario.section.reinsurance import ReinsuranceSection

Array = np.ndarray


class Exposure(NamedTuple):
    """What an underwriter sees, (members,) each."""

    interest: Array  # USD, one-sided open interest at the mark
    expected: Array  # USD/year, expected claims before experience
    shortfall: Array  # USD, expected shortfall of claims
    claims: Array  # USD, claims made so far
    leverage: Array  # 1, over the start
    crowding: Array  # 1, one-sidedness of the asset's market, 0 to 1
    health: Array  # 1, capital of the member's pool over its start
    pool_of: Array  # index of the pool
    member: Array  # bool, whether it is in its pool at present
    years: float  # since the start


def credible(prior: Array, claims: Array, years: float, half: float) -> Array:
    """Return the credible yearly cost of claims (1), USD/year; `half` is k.

    Parameters
    ----------
    prior : (members,) USD per year, expected before any claim.
    claims : (members,) USD >= 0, so far.
    years : that were watched, >= 0.
    half : k, years after which experience counts as much as `prior`.
    """
    return (prior * half + claims) / (years + half)


class Premium(ABC):
    """A premium rule.

    Parameters
    ----------
    terms : the scenario's reinsurance section.
    rate : flat rate on open interest, 1/year.

    Attributes
    ----------
    memory : what it remembers from review to review, if it does (:mod:`agents.core.memory`).
    """

    memory: Memory = NOTHING

    def __init__(self, terms: ReinsuranceSection, rate: float) -> None:
        self.terms, self.rate = terms, rate

    @abstractmethod
    def yearly(self, seen: Exposure) -> Array:
        """Return what each member is asked for a year, (members,) USD >= 0."""
