"""What every loss regime is: a rule that places a loss on somebody.

The residual of a protocol's deficit, after fund, skin in the game and pool, is handed to the regime, which collects
what it can into the protocol's deficit account and returns how much that was. What it leaves goes to a fallback,
another regime (:mod:`model.backstop.loss_regime.chain`), and in the end becomes bad debt.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.memory import NOTHING, Memory
from model.scenario.section.loss import LossSection


class Terms(NamedTuple):
    """Constants of loss regimes; each reads those it needs."""

    ranking: str = "bitmex"
    close_price: str = "bankruptcy"
    window: int = 480  # steps of a settlement window
    tear_up: float = 0.5  # largest fraction of a position that is torn up; 1: the full tear-up
    section: LossSection = LossSection()  # the scenario's section, for parameters that only one regime reads


class LossRegime(ABC):
    """A loss regime.

    Parameters
    ----------
    terms : constants.
    reaction : fall of a trader's leverage appetite per fraction of equity lost to a haircut.
    key : names the random numbers of a drawn ranking.

    Attributes
    ----------
    memory : what it remembers from step to step, if it does, made by :meth:`begin` (:mod:`agents.core.memory`).
    """

    memory: Memory = NOTHING

    def __init__(self, terms: Terms | None = None, reaction: float = 0.0, key: int = 0) -> None:
        self.terms = terms or Terms()
        self.reaction = reaction
        self.key = np.uint64(key)

    @property
    def period(self) -> int:
        """Steps between two calls of :meth:`advance` that do anything, 0: none ever does.

        Where a debt is carried it is called at every step whatever this says.
        """
        return 0 if type(self).advance is LossRegime.advance else 1

    def begin(self, venue: Venue) -> None:  # noqa: B027 (most have nothing to note)
        """Take note of the state at the start of the run."""

    @abstractmethod
    def collect(self, venue: Venue, protocol: int, residual: float, step: int) -> float:
        """Take up to `residual` USD at `protocol` into its deficit account; return what was taken.

        A regime whose rule does not ask how much is needed may return more.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
        protocol : index.
        residual : USD >= 0, loss still to be placed.
        step : present step.
        """

    def advance(self, venue: Venue, step: int) -> bool:
        """Do what is due at the end of phase 6 of every step; return whether money moved."""
        return False
