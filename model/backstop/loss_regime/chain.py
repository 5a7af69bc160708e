"""A regime with its fallback, which gets what the first cannot collect; the rest is bad debt.

    residual = collected by the first + infeasible,    infeasible = collected by the fallback + bad debt          (1)

A regime that took more than the residual has overshot; the surplus stays with the vault, which was the other side of
the contracts it came from. Units: USD.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types

from agents.core.books import Venue
from agents.core.chain import choice
from agents.core.kernel import lean_kernel, lean_rule
from agents.core.ledger import BAD_DEBT, FROZEN_DEBT, SHORTFALL, VAULT
from agents.core.memory import Memory
from agents.core.table import Protocols
from model.backstop.loss_regime.base import (
    CompiledRegime,
    LossRegime,
    RegimeTerms,
    Remembered,
    falls_due,
    regime_terms,
    remembered,
)
from model.backstop.loss_regime.division import hand_back
from model.backstop.loss_regime.room import Room

Array = np.ndarray
ROUNDING = 1e-12
KERNELS: list[Any] = []
"""Kernels of regimes in use, by their number."""
collect_by: Any = choice(types.float64, 7, KERNELS)
settle_by: Any = choice(types.boolean, 5, KERNELS)


class Collected(NamedTuple):
    """Where a residual went, USD, all >= 0."""

    regime: float  # by the regime itself
    fallback: float  # by its fallback
    overshoot: float  # taken by either above what was needed


class ChainMemory(NamedTuple):
    """What the two regimes remember."""

    first: Memory
    fallback: Memory


class Losses(NamedTuple):
    """What the layers hand to the loss regimes within a step."""

    owed: Array  # (protocols,) USD >= 0, what they left or were not asked for
    moved: Array  # (1,) bool, whether phase 6 has moved money or positions of accounts
    part: Array  # (listings,) USD >= 0, of what is owed, asked of the accounts of each listing


class LossTerms(NamedTuple):
    """A regime and its fallback as kernels take them."""

    first: RegimeTerms
    fallback: RegimeTerms
    number: Array  # (2, 2) int64, kernels to take and to settle of either, an index into KERNELS; -1: none
    entry: Array  # (2, 2, 2) int64, their entries (agents.core.chain); zero where they are not compiled yet
    compiled: bool  # False: one of the two is in Python


@lean_rule
def collected_of(residual: float, taken: float) -> tuple[float, float]:
    """Return (collected, overshoot) of what was `taken` for a residual, USD; what rounding lacks is collected."""
    collected = residual if taken >= residual * (1.0 - ROUNDING) else taken
    return collected, taken - residual if taken > residual * (1.0 + ROUNDING) else 0.0


@lean_rule
def hand_over(balance: Array, listing: int, owed: float, collected: float) -> None:
    """Hand the vault what entered a shortfall beyond what was collected: overshoot or rounding.

    The shortfall is then covered to the last bit.

    Parameters
    ----------
    balance : the ledger's, written.
    listing : index.
    owed : USD <= 0, the shortfall before.
    collected : USD >= 0.
    """
    surplus = balance[SHORTFALL, listing] - (owed + collected)
    balance[SHORTFALL, listing] -= surplus
    balance[VAULT, listing] += surplus


@lean_kernel
def collect_all(
    venue: Venue, protocol: Protocols, memories: tuple[Remembered, Remembered], terms: LossTerms, room: Room,
    losses: Losses, step: int,
) -> None:  # fmt: skip
    """Collect what is owed everywhere by the regime, then by its fallback; the rest is bad debt (1).

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    protocol : records, written: who paid.
    memories : of the two regimes, written.
    terms : constants, with the addresses of the kernels.
    room : lists, written.
    losses : `owed` is read, `part` written.
    step : present step.
    """
    balance, number, entry = venue.book.balance, terms.number, terms.entry
    hand_back(balance, venue.exchange, losses.owed, losses.part)
    for i in range(losses.part.shape[0]):
        owed, p = losses.part[i], venue.exchange.protocol[i]
        if not owed > 0.0:
            continue
        before = balance[SHORTFALL, i]
        taken = collect_by(number[0, 0], entry[0, 0], venue, memories[0], terms.first, room, i, owed, step)
        collected, over = collected_of(owed, taken)
        hand_over(balance, i, before, collected)
        protocol.paid_regime[p] += collected
        if collected != owed:
            rest, before = owed - collected, balance[SHORTFALL, i]
            taken = collect_by(number[1, 0], entry[1, 0], venue, memories[1], terms.fallback, room, i, rest, step)
            then, more = collected_of(rest, taken)
            hand_over(balance, i, before, then)
            protocol.paid_fallback[p] += then
            over += more
        protocol.overshoot[p] += over
        protocol.infeasible[p] += owed - collected
    for i in range(losses.part.shape[0]):
        balance[BAD_DEBT, venue.exchange.protocol[i]] += balance[SHORTFALL, i]
        balance[SHORTFALL, i] = 0.0


@lean_rule
def is_carried(balance: Array) -> bool:
    """Tell whether a debt is carried anywhere."""
    found = False
    for i in range(balance.shape[1]):
        found |= balance[FROZEN_DEBT, i] != 0.0
    return found


@lean_rule
def settles(terms: LossTerms, carried: bool, step: int) -> bool:
    """Tell whether regime or fallback have something to do at the end of phase 6."""
    return falls_due(terms.first.period, carried, step) or falls_due(terms.fallback.period, carried, step)


@lean_rule
def ready(terms: LossTerms) -> bool:
    """Tell whether both regimes are kernels, and compiled."""
    return terms.compiled and terms.entry[0, 0, 0] != 0


@lean_kernel
def settle_all(
    venue: Venue, memories: tuple[Remembered, Remembered], terms: LossTerms, room: Room, carried: bool, step: int
) -> bool:
    """Let both regimes do what is due at the end of phase 6; return whether money moved.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    memories : of the two regimes, written.
    terms : constants, with the addresses of the kernels.
    room : lists, written.
    carried : whether a debt is carried, or was at the end of the last waterfall.
    step : present step.
    """
    moved, number, entry = False, terms.number, terms.entry
    if number[0, 1] >= 0 and falls_due(terms.first.period, carried, step):
        moved |= settle_by(number[0, 1], entry[0, 1], venue, memories[0], terms.first, room, step)
    if number[1, 1] >= 0 and falls_due(terms.fallback.period, carried, step):
        moved |= settle_by(number[1, 1], entry[1, 1], venue, memories[1], terms.fallback, room, step)
    return moved


class Chain(LossRegime):
    """A loss regime with its fallback.

    Parameters
    ----------
    first, fallback : the two regimes.

    Attributes
    ----------
    compiled : whether both are kernels.
    """

    def __init__(self, first: LossRegime, fallback: LossRegime) -> None:
        super().__init__(first.terms, first.reaction, int(first.key))
        self.first, self.fallback = first, fallback
        self.compiled = all(isinstance(of, CompiledRegime) and of.stays_compiled for of in (first, fallback))

    def begin(self, venue: Venue) -> None:
        """Begin both regimes."""
        self.first.begin(venue)
        self.fallback.begin(venue)
        self.memory = ChainMemory(self.first.memory, self.fallback.memory)

    def collect(self, venue: Venue, listing: int, residual: float, step: int) -> float:
        """Collect up to `residual` USD; return what both collected."""
        collected = self.collect_loss(venue, listing, residual, step)
        return collected.regime + collected.fallback

    def collect_loss(self, venue: Venue, listing: int, residual: float, step: int) -> Collected:
        """Collect up to `residual` USD; return who collected what.

        Parameters
        ----------
        venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
        listing : index.
        residual : USD >= 0, loss still to be collected.
        step : present step.
        """
        collected, over = take(self.first, venue, listing, residual, step)
        if collected == residual:
            return Collected(collected, 0.0, over)
        then, more = take(self.fallback, venue, listing, residual - collected, step)
        return Collected(collected, then, over + more)

    def advance(self, venue: Venue, step: int) -> bool:
        """Advance both regimes."""
        return self.first.advance(venue, step) | self.fallback.advance(venue, step)

    def kernel_memories(self, venue: Venue) -> tuple[Remembered, Remembered]:
        """Return what both remember as kernels take it; nothing where one is in Python."""
        found = self.first.memory, self.fallback.memory
        if not self.compiled:
            return remembered(venue, ()), remembered(venue, ())
        return found  # type: ignore[return-value]  # those of compiled regimes

    def kernel_terms(self) -> LossTerms:
        """Return the two regimes as kernels take them, their addresses yet to be found."""
        number, both = np.full((2, 2), -1), (self.first, self.fallback)
        first, fallback = (regime_terms(of.terms, of.reaction, of.key, of.period) for of in both)
        for at, regime in enumerate(both):
            if self.compiled and isinstance(regime, CompiledRegime):
                kernels = type(regime).take, type(regime).settle
                number[at] = [_number(kernel) for kernel in kernels]
        return LossTerms(first, fallback, number, np.zeros((2, 2, 2), np.int64), self.compiled)


def _number(kernel: Any) -> int:
    """Return the number of a kernel, -1 for none."""
    if kernel is None:
        return -1
    if kernel not in KERNELS:
        KERNELS.append(kernel)
    return KERNELS.index(kernel)


def take(regime: LossRegime, venue: Venue, listing: int, residual: float, step: int) -> tuple[float, float]:
    """Return (collected, overshoot) of one regime; what entered the shortfall beyond the first is handed to the vault.

    Parameters
    ----------
    regime : whose rule is asked.
    venue : accounts, blocks, exchanges and ledger of the run; what is taken is booked there.
    listing : index.
    residual : USD >= 0, loss still to be collected.
    step : present step.
    """
    balance = venue.book.balance
    owed = float(balance[SHORTFALL, listing])
    collected, overshoot = collected_of(residual, regime.collect(venue, listing, residual, step))
    hand_over(balance, listing, owed, collected)
    return collected, overshoot
