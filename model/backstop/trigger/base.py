"""What every trigger is: a rule that sends deficits past the funds, straight to the loss regime.

The fund of a protocol is here its own fund and its entitlement in the pool, or capital on call, together.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from agents.core.memory import NOTHING, Memory
from model.scenario.section.backstop import BackstopSection

Array = np.ndarray


class Means(NamedTuple):
    """The money available for the deficits of a step."""

    own: Array  # (members,) USD, what pays before the pool: own fund and skin in the game, as far as they come first
    shared: Array  # (pots,) USD, cash of the pools that anybody may draw, or of all surviving members together
    pool_of: Array  # (members,) the pool of each
    promised: Array  # (members,) USD, what the treaty lets each claim beyond its own means
    priority: Array  # (members,) order of arrival, uniform draws
    after: (
        Array  # (members,) USD, what pays what the pool leaves: skin not used yet, and the own fund where it comes last
    )
    reserved: Array  # (members,) USD, cash of the pools that only this member may draw


class Trigger(ABC):
    """A trigger.

    Parameters
    ----------
    terms : the scenario's backstop section.
    minutes : length of a step.
    members : number of protocols.

    Attributes
    ----------
    watches : True where the funds must be observed at every step.
    selects : True where any deficit may ever be kept from the funds.
    memory : what it remembers from step to step, if it does (:mod:`agents.core.memory`).
    """

    watches = False
    selects = True
    memory: Memory = NOTHING

    def __init__(self, terms: BackstopSection, minutes: float = 1.0, members: int = 1) -> None:
        self.terms, self.minutes, self.members = terms, minutes, members

    def observe(self, fund: Array) -> None:  # noqa: B027 (few remember)
        """Observe the funds before the deficits of a step, (members,) USD."""

    @abstractmethod
    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose funds are spared, (members,) booleans."""
