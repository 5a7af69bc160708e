"""What every loss regime is: a rule that collects a loss on somebody.

What fund, skin in the game and pool leave of a loss is handed back to the listing it came from
(:mod:`model.backstop.loss_regime.division`) and to the regime, which collects what it can into the listing's account of
shortfalls and returns how much that was. What it leaves goes to a fallback,
another regime (:mod:`model.backstop.loss_regime.chain`), and in the end becomes bad debt.

A regime is a kernel, called by its address, so that a run compiles only what it has (:class:`CompiledRegime`); or a
class with a ``collect`` in Python, for which the compiled run stops.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agents.core.books import Venue
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.memory import NOTHING, Memory
from model.backstop.loss_regime.room import Room, make_room
from model.backstop.loss_regime.score import RankingCode, ranking_code
from model.scenario.registry import CLOSE_PRICES
from model.scenario.section.loss import LossSection

Array = np.ndarray


class Terms(NamedTuple):
    """Constants of loss regimes; each reads those it needs."""

    ranking: str = "bitmex"
    close_price: str = "bankruptcy"
    window: int = 480  # steps of a settlement window
    tear_up: float = 0.5  # largest fraction of a position that is torn up; 1: the full tear-up
    section: LossSection = LossSection()  # the scenario's section, for parameters that only one regime reads


class Remembered(NamedTuple):
    """What a loss regime remembers from step to step; no rows of what it does not."""

    wallet: Array  # (rows,) USD >= 0, wallets when they were last looked at, kept up only while a debt is open
    realised: Array  # (rows,) USD, what every account had realised by the last settlement
    size: Array  # (rows,) contracts, short < 0, at the last settlement
    price: Array  # (protocols,) USD per contract, of the last settlement or of the step before
    indebted: Array  # (protocols,) bool, whose debt was open when it was last looked at


class RegimeTerms(NamedTuple):
    """Constants of one loss regime as kernels take them."""

    ranking: RankingCode
    close_price: int  # index into model.scenario.registry.CLOSE_PRICES
    tear_up: float  # largest fraction of a position that is torn up
    reaction: float  # fall of a trader's leverage appetite per fraction of equity lost
    key: np.uint64  # names the random numbers of a drawn ranking
    period: int  # steps between two calls of what is due at the end of a step; 0: due while a debt is carried


type Collect = Callable[[Venue, Remembered, RegimeTerms, Room, int, float, int], float]
type Settle = Callable[[Venue, Remembered, RegimeTerms, Room, int], bool]


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
    def collect(self, venue: Venue, listing: int, residual: float, step: int) -> float:
        """Take up to `residual` USD at a `listing` into its account of shortfalls; return what was taken.

        A regime whose rule does not ask how much is needed may return more.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
        listing : index.
        residual : USD >= 0, loss still to be collected.
        step : present step.
        """

    def advance(self, venue: Venue, step: int) -> bool:
        """Do what is due at the end of phase 6 of every step; return whether money moved."""
        return False


@lean_rule
def falls_due(period: int, carried: bool, step: int) -> bool:
    """Tell whether a regime has something to do at the end of phase 6."""
    return (step + 1) % period == 0 if period > 0 else carried


@lean_kernel
def note_marks(venue: Venue, memory: Remembered, terms: RegimeTerms, room: Room, step: int) -> bool:
    """Note the marks of this step; return that no money moved.

    Parameters
    ----------
    venue : exchanges are read.
    memory : marks are written.
    terms, room, step : not used.
    """
    for i in range(memory.price.shape[0]):
        memory.price[i] = venue.exchange.mark[i]
    return False


class CompiledRegime(LossRegime):
    """A loss regime that is kernels.

    Attributes
    ----------
    take : kernel ``take(venue, memory, terms, room, listing, residual, step)``; as :meth:`collect`.
    settle : kernel ``settle(venue, memory, terms, room, step)``; as :meth:`advance`. None: nothing is ever due.
    remembers : fields of :class:`Remembered` that it has.
    """

    take: Collect
    settle: Settle | None = None
    remembers: tuple[str, ...] = ()
    memory: Remembered

    @property
    def period(self) -> int:
        """Every step, where anything is ever due."""
        return int(self.settle is not None)

    @property
    def kernel_terms(self) -> RegimeTerms:
        """Constants as kernels take them."""
        return regime_terms(self.terms, self.reaction, self.key, self.period)

    @property
    def stays_compiled(self) -> bool:
        """Whether a subclass has replaced none of it by Python."""
        kind = type(self)
        same = (getattr(kind, name) is getattr(CompiledRegime, name) for name in ("collect", "advance", "begin"))
        return all(same)

    def begin(self, venue: Venue) -> None:
        """Make room for what is remembered, and settle for the first time."""
        self.memory = remembered(venue, self.remembers)
        self.advance(venue, -1)

    def collect(self, venue: Venue, listing: int, residual: float, step: int) -> float:
        """Take up to `residual` USD at a `listing` by the kernel; return what was taken.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
        listing : index.
        residual : USD >= 0, loss still to be collected.
        step : present step.
        """
        arguments = venue, self._memory(venue), self.kernel_terms, room_for(venue), listing, float(residual), step
        return float(type(self).take(*arguments))

    def advance(self, venue: Venue, step: int) -> bool:
        """Do what is due at the end of phase 6 of every step; return whether money moved."""
        settle = type(self).settle
        if settle is None or not falls_due(self.period, True, step):
            return False
        return bool(settle(venue, self._memory(venue), self.kernel_terms, room_for(venue), step))

    def _memory(self, venue: Venue) -> Remembered:
        """Return what it remembers; of a subclass that remembers in a way of its own, nothing."""
        return self.memory if isinstance(self.memory, Remembered) else remembered(venue, ())


def regime_terms(terms: Terms, reaction: float, key: np.uint64, period: int) -> RegimeTerms:
    """Return constants as kernels take them.

    Parameters
    ----------
    terms : constants by name.
    reaction : fall of a trader's leverage appetite per fraction of equity lost.
    key : names the random numbers of a drawn ranking.
    period : steps between two calls of what is due at the end of a step, >= 0.
    """
    return RegimeTerms(
        ranking=ranking_code(terms.ranking),
        close_price=CLOSE_PRICES.index(terms.close_price),
        tear_up=float(terms.tear_up),
        reaction=float(reaction),
        key=np.uint64(key),
        period=int(period),
    )


def remembered(venue: Venue, fields: tuple[str, ...]) -> Remembered:
    """Return room to remember these fields, all zero."""
    rows, members = len(venue.accounts.size), len(venue.exchange)
    sizes = {"wallet": rows, "realised": rows, "size": rows, "price": members, "indebted": members}
    lengths = {name: size if name in fields else 0 for name, size in sizes.items()}
    return Remembered(**{name: np.zeros(n, bool if name == "indebted" else float) for name, n in lengths.items()})


def room_for(venue: Venue) -> Room:
    """Return room for the accounts of one listing."""
    return make_room(len(venue.accounts.size) // len(venue.exchange))
