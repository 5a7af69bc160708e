"""Lending out part of a fund: it earns, and is not at hand when it is needed.

A share λ of every fund and pot is lent at a yearly rate y. A deficit is paid from what is at hand; what that cannot
pay is recalled. Recalled money arrives after a delay, less a haircut h that leaves the ecosystem (the price of selling
in a hurry: a stablecoin or staking token below par). While nothing is on its way back, lending returns to its share.
What a pot gains or loses thereby is shared among the entitlements behind it and what capital providers own of it.
Units: USD.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from agents.kernel import kernel, part, rule
from agents.ledger import FUND, LENT, OUTSIDE, POOL, POOL_LENT, WHOLE, Code

Array = np.ndarray
Loan = namedtuple("Loan", ["share", "earned", "haircut"])  # λ; yield of a step; h
Recall = namedtuple("Recall", ["coming", "waiting"])  # by step of arrival, (delay + 1, columns), and in all, (columns,)


def make_recall(delay: int, columns: int) -> Recall:
    """Return what is on its way back to `columns` funds or pots, nothing yet; `delay` in steps."""
    return Recall(np.zeros((delay + 1, columns)), np.zeros(columns))


@rule
def to_lend(cash: float, lent: float, share: float) -> float:
    """Return what may be lent more to reach the share, USD >= 0."""
    return max(min(share * (cash + lent) - lent, cash), 0.0)


@rule
def to_recall(missing: float, free: float, haircut: float) -> float:
    """Return what must be recalled for `missing` to arrive, at most what is `free`; before the haircut, USD."""
    return min(missing / (1.0 - haircut), free)


@rule
def call(recall: Any, column: int, amount: float, step: int) -> None:
    """Recall `amount` for what was missing at `step`; it arrives the delay after the step before."""
    recall.coming[(step - 1) % recall.coming.shape[0], column] += amount
    recall.waiting[column] += amount


@rule
def arrive(recall: Any, column: int, step: int) -> float:
    """Return what arrives at `step`, USD before the haircut, and forget it."""
    slot = step % recall.coming.shape[0]
    arrived = recall.coming[slot, column]
    if arrived > 0.0:
        recall.coming[slot, column] = 0.0
        recall.waiting[column] = recall.coming[:, column].sum()
    return arrived


@part
def bring_home(
    book: Any, cash: Code, away: Code, recall: Any, unpaid: Array, column: int, step: int, loan: Any
) -> float:  # fmt: skip
    """Recall what deficits of this step lacked, let what is due arrive, pay yield; return yield less haircut, USD."""
    lent = book.balance[away, column]
    if lent <= 0.0 and recall.waiting[column] <= 0.0:
        unpaid[column] = 0.0
        return 0.0
    if unpaid[column] > 0.0:
        call(recall, column, to_recall(unpaid[column], lent - recall.waiting[column], loan.haircut), step)
        unpaid[column] = 0.0
    back = min(arrive(recall, column, step), lent) if recall.waiting[column] > 0.0 else 0.0
    gain = lent * loan.earned - back * loan.haircut
    book.balance[away, column] = lent - back
    book.balance[cash, column] += back + gain
    book.balance[OUTSIDE, WHOLE] -= gain
    return gain


@part
def credit_pots(gain: Array, pot: Array, entitlement: Array, outside: Array) -> None:
    """Share what pots gained, (pots,) USD, among those who own them."""
    whole = outside.copy()
    for i in range(pot.shape[0]):
        whole[pot[i]] += entitlement[i]
    for j in range(gain.shape[0]):
        gain[j] = max(1.0 + gain[j] / whole[j], 0.0) if whole[j] > 0.0 else 1.0
        outside[j] *= gain[j]
    for i in range(pot.shape[0]):
        entitlement[i] *= gain[pot[i]]


@kernel
def bring_all_home(
    book: Any, funds: Any, pots: Any, unpaid_fund: Array, unpaid_pot: Array, pot: Array, entitlement: Array,
    outside: Array, step: int, loan: Any,
) -> None:  # fmt: skip
    """Recalls, arrivals and yield of all funds and pots; `funds` and `pots` are their recalls."""
    for i in range(unpaid_fund.shape[0]):
        bring_home(book, FUND, LENT, funds, unpaid_fund, i, step, loan)
    gain = np.zeros(unpaid_pot.shape[0])
    for j in range(gain.shape[0]):
        gain[j] = bring_home(book, POOL, POOL_LENT, pots, unpaid_pot, j, step, loan)
    credit_pots(gain, pot, entitlement, outside)


@part
def lend(book: Any, cash: Code, away: Code, recall: Any, column: int, share: float) -> None:
    """Lend up to the share, unless something is on its way back."""
    if recall.waiting[column] <= 0.0:
        more = to_lend(book.balance[cash, column], book.balance[away, column], share)
        book.balance[cash, column] -= more
        book.balance[away, column] += more


@kernel
def lend_all(book: Any, funds: Any, pots: Any, share: float) -> None:
    """Let lending of all funds and pots return to its share."""
    for i in range(funds.waiting.shape[0]):
        lend(book, FUND, LENT, funds, i, share)
    for j in range(pots.waiting.shape[0]):
        lend(book, POOL, POOL_LENT, pots, j, share)
