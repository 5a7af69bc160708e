"""Lending out part of a fund: it earns a yield and is not at hand when a deficit comes.

A share λ of every fund and pool is lent at a yearly rate y. A deficit is paid from what is at hand; what that cannot
pay is recalled. Recalled money arrives after a delay, less a haircut h that leaves the ecosystem (the price of selling
in a hurry: a stablecoin or staking token below par), and pays what is still open of the debt it was recalled for
(:mod:`model.backstop.late_money`). Without a delay it arrives within the waterfall: all that is lent is at hand at 1
− h of its worth, and only what is taken costs the haircut (:class:`AtOnce`). While nothing is on its way back,
lending returns to its share. What a pool gains or loses thereby is shared among the entitlements behind it and what
capital providers own of it. Units: USD.
"""

from typing import NamedTuple, Protocol

import numpy as np

from agents.core.kernel import inline, kernel, rule
from agents.core.ledger import FUND, LENT, OUTSIDE, POOL, POOL_LENT, WHOLE, Code

Array = np.ndarray


class Recall(NamedTuple):
    """Money on its way back to funds and pools, a column each."""

    coming: Array  # (delay + 1, columns) USD >= 0 before the haircut, by step of arrival in turn
    waiting: Array  # (columns,) USD >= 0, all that is on its way
    arrived: Array  # (columns,) USD >= 0, what arrived in this step, less the haircut


def make_recall(delay: int, columns: int) -> Recall:
    """Return no money on its way, which will take `delay` steps, for so many funds and pools."""
    return Recall(np.zeros((delay + 1, columns)), np.zeros(columns), np.zeros(columns))


class PoolOwners(Protocol):
    """Who own the pools: a backstop structure."""

    pots: int

    def credit(self, change: Array) -> Array:
        """Share a pool's gain or loss among its owners; return the amount left in pools without owners, (pots,) USD."""


class AtOnce:
    """What is lent, while deficits are paid from it: at hand within the context, less the haircut on what is taken.

    Parameters
    ----------
    balance : the ledger's.
    structure : who owns the pools.
    haircut : part of recalled money that is lost, in [0, 1).
    """

    def __init__(self, balance: Array, structure: PoolOwners, haircut: float) -> None:
        self.balance, self.structure, self.kept = balance, structure, 1.0 - haircut
        self.places = (FUND, LENT, slice(None)), (POOL, POOL_LENT, slice(structure.pots))
        self.brought: list[Array] = []
        self.depth = 0  # a nested context does nothing

    def __enter__(self) -> None:
        """Make all loans available, at their value after the haircut."""
        self.depth += 1
        for cash, away, columns in self.places if self.depth == 1 else ():
            worth = self.balance[away, columns] * self.kept
            self.brought.append(worth)
            self.balance[away, columns] -= worth
            self.balance[cash, columns] += worth

    def __exit__(self, *_: object) -> None:
        """Lend again what was not needed beyond the cash; the haircut on the rest leaves the ecosystem."""
        self.depth -= 1
        if self.depth:
            return
        for cash, away, columns in self.places:
            worth = self.brought.pop(0)
            back = np.minimum(worth, np.maximum(self.balance[cash, columns], 0.0))
            lost = (worth - back) * (1.0 / self.kept - 1.0)
            self.balance[cash, columns] -= back
            self.balance[away, columns] += back - lost
            self.balance[OUTSIDE, WHOLE] += lost.sum()
        self.structure.credit(-lost)  # the last axis is the pools


@rule
def to_lend(cash: float, lent: float, share: float) -> float:
    """Return what may be lent more to reach the share, USD >= 0."""
    return max(min(share * (cash + lent) - lent, cash), 0.0)


@rule
def to_recall(missing: float, free: float, haircut: float) -> float:
    """Return what must be recalled for `missing` to arrive, at most what is `free`; before the haircut, USD."""
    return min(missing / (1.0 - haircut), free)


@rule
def call(coming: Array, waiting: Array, column: int, amount: float, step: int) -> None:
    """Recall `amount` for what was missing at `step`; it arrives the delay after `step`.

    Parameters
    ----------
    coming, waiting : of a :class:`Recall`, written.
    column : of the fund or pool in them.
    amount : USD before the haircut, >= 0.
    step : present step, at which it was missing.
    """
    coming[(step - 1) % coming.shape[0], column] += amount
    waiting[column] += amount


@rule
def arrive(coming: Array, waiting: Array, column: int, step: int) -> float:
    """Return what arrives at `step`, USD before the haircut, and forget it.

    Parameters
    ----------
    coming, waiting : of a :class:`Recall`, written.
    column : of the fund or pool in them.
    step : present step.
    """
    slot = step % coming.shape[0]
    arrived = coming[slot, column]
    if arrived > 0.0:
        coming[slot, column] = 0.0
        waiting[column] = coming[:, column].sum()
    return arrived


@inline
def bring_home(
    balance: Array, cash: Code, away: Code, column: int, coming: Array, waiting: Array, at: int, missing: float,
    arrived: Array, step: int, earned: float, haircut: float,
) -> float:  # fmt: skip
    """Recall what deficits lacked, let what is due arrive, pay yield; return yield less haircut, USD.

    Parameters
    ----------
    cash, away : accounts of what is at hand and what is lent, in column `column`; `at` is that of the recalls.
    missing : asked of the fund or pool in this step and not at hand, USD.
    arrived : what arrived, less the haircut, is written into column `at`, USD.
    """
    lent, back = balance[away, column], 0.0
    if missing > 0.0:
        call(coming, waiting, at, to_recall(missing, lent - waiting[at], haircut), step)
    if waiting[at] > 0.0:
        back = min(arrive(coming, waiting, at, step), lent)
    arrived[at] = back * (1.0 - haircut)
    gain = lent * earned - back * haircut
    balance[away, column] = lent - back
    balance[cash, column] += back + gain
    balance[OUTSIDE, WHOLE] -= gain
    return gain


@inline
def lend(
    balance: Array, cash: Code, away: Code, column: int, waiting: float, arrived: float, share: float
) -> None:  # fmt: skip
    """Lend up to the share, unless something is on its way back or has just arrived and is still to pay debt.

    Parameters
    ----------
    balance : the ledger's, (accounts, protocols) USD, written.
    cash, away : accounts of what is at hand and what is lent.
    column : of the fund or pool in these accounts.
    waiting, arrived : USD, >= 0, on its way before the haircut and arrived in this step after it.
    share : to be lent of all there is, in [0, 1].
    """
    if waiting <= 0.0 and arrived <= 0.0:
        more = to_lend(balance[cash, column], balance[away, column], share)
        balance[cash, column] -= more
        balance[away, column] += more


@inline
def credit_pools(gain: Array, pool_of: Array, entitlement: Array, outside: Array) -> None:
    """Share what pools gained, (pots,) USD, among those who own them.

    Parameters
    ----------
    gain : loss < 0; afterwards the factor by which each pool's owners grew, >= 0.
    pool_of : (members,) index of each one's pool.
    entitlement : (members,) USD, >= 0, what each owns of its pool; written.
    outside : (pots,) USD, >= 0, what capital providers own of each; written.
    """
    whole = outside.copy()
    for i in range(pool_of.shape[0]):
        whole[pool_of[i]] += entitlement[i]
    for j in range(gain.shape[0]):
        gain[j] = max(1.0 + gain[j] / whole[j], 0.0) if whole[j] > 0.0 else 1.0
        outside[j] *= gain[j]
    for i in range(pool_of.shape[0]):
        entitlement[i] *= gain[pool_of[i]]


@kernel
def manage_lending(
    balance: Array, coming: Array, waiting: Array, arrived: Array, unpaid_fund: Array, unpaid_pool: Array,
    pool_of: Array, entitlement: Array, outside: Array, step: int, share: float, earned: float, haircut: float,
) -> None:  # fmt: skip
    """Recalls, arrivals, yield and new loans of all funds and pools.

    Parameters
    ----------
    balance : the ledger's.
    coming, waiting, arrived : of a :class:`Recall` with a column for every fund and then for every pool.
    unpaid_fund, unpaid_pot : (members,), (pots,) USD, asked of them in this step and not at hand; zero afterwards.
    pool_of, entitlement, outside : of the structure: who owns the pools.
    earned : yield of a step.
    """
    members, gain = unpaid_fund.shape[0], np.zeros(unpaid_pool.shape[0])
    for i in range(members):
        bring_home(
            balance=balance, cash=FUND, away=LENT, column=i, coming=coming, waiting=waiting, at=i,
            missing=unpaid_fund[i], arrived=arrived, step=step, earned=earned, haircut=haircut,
        )  # fmt: skip
        lend(balance, FUND, LENT, i, waiting[i], arrived[i], share)
    for j in range(gain.shape[0]):
        at = members + j
        missing = unpaid_pool[j]
        gain[j] = bring_home(
            balance=balance, cash=POOL, away=POOL_LENT, column=j, coming=coming, waiting=waiting, at=at,
            missing=missing, arrived=arrived, step=step, earned=earned, haircut=haircut,
        )  # fmt: skip
        lend(balance, POOL, POOL_LENT, j, waiting[at], arrived[at], share)
    credit_pools(gain, pool_of, entitlement, outside)
    unpaid_fund[:] = 0.0
    unpaid_pool[:] = 0.0
