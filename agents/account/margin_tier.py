r"""Margin tiers by notional: the larger a position, the higher the rate on what exceeds a bound.

A schedule has upper bounds B₁ < … < B_K of notional, USD, and rates m₁ ≤ … ≤ m_K. The requirement on a notional V in
tier k, B_{k−1} < V ≤ B_k, is

    M(V) = m_k V − d_k,        d₁ = 0,    d_k = d_{k−1} + B_{k−1} (m_k − m_{k−1})                (1)

It is continuous: at V = B_{k−1} tier k asks m_k V − d_k = m_{k−1} V − d_{k−1}, by (1) what the tier below asks there.
The deductions d_k, USD, are what is saved below the bounds. Rates that do not fall make it convex,

    M(V) = max_k (m_k V − d_k)                                                                  (2)

so that tests need no tier. The mean rate M(V) / V = max_k (m_k − d_k / V) rises with V. A position of q contracts (s
their sign) that is bankrupt at b is liquidated where q (p − b) < M(|q| p), which by (2) is beyond the last of

    p_k = (b − d_k / q) / (1 − s m_k)                                                           (3)

the greatest of them for a long, the least for a short; and equity e allows notional up to the least of (e + d_k) / m_k
under initial rates, and up to B_K, beyond which a venue lets nobody open. A position above B_K pays its last rate.

A venue has one schedule of maintenance and one of initial margin, over the same bounds. They are kept relative to the
first tier's rates, which are columns of the exchange (:mod:`agents.exchange.exchange`): what tightens a venue's margins
raises all its tiers in proportion. A venue without tiers has a table without rows, and one rate for all notional.

Source: margin tables of Bybit and Binance (value · rate − deduction, the deductions as published); laddered
liquidation, which reduces a position to the tier below before it closes more, ibid.
"""

from collections.abc import Sequence

import numpy as np

from agents.account.position import liquidation_price
from agents.core.kernel import lean_rule, rule
from agents.core.table import Tiers

SLIVER = 0.01  # 1, part of a position by which it may exceed a tier's bound without being reduced to it

TIER_COLUMNS = np.dtype(
    [
        ("bound", "f8"),  # USD, > 0, greatest notional of the tier; inf for any
        ("maintenance", "f8"),  # 1, >= 1, maintenance rate over that of the first tier
        ("maintenance_deduction", "f8"),  # USD, >= 0, over the first tier's maintenance rate
        ("initial", "f8"),  # 1, >= 1, initial rate over that of the first tier
        ("initial_deduction", "f8"),  # USD, >= 0, over the first tier's initial rate
    ],
    align=True,
)


def make_tiers(
    bound: Sequence[float] = (), maintenance: Sequence[float] = (), initial: Sequence[float] = ()
) -> Tiers:  # fmt: skip
    """Return a record array with a record per tier, none for a venue without tiers.

    Parameters
    ----------
    bound : (tiers,) USD, > 0, ascending; the last may be inf.
    maintenance, initial : (tiers,) 1, > 0, not falling.
    """
    tiers = np.zeros(len(bound), dtype=TIER_COLUMNS).view(np.recarray)
    tiers.bound[:] = bound
    for name, rates in (("maintenance", maintenance), ("initial", initial)):
        relative = np.array(rates, dtype=float) / (rates[0] if len(rates) else 1.0)
        tiers[name][:] = relative
        tiers[f"{name}_deduction"][1:] = np.cumsum(np.array(bound[:-1]) * np.diff(relative))
    return tiers


@lean_rule
def mean_rate(notional: float, bound: np.ndarray, rate: np.ndarray, deduction: np.ndarray) -> float:
    """Return M(V) / V over the first tier's rate, 1 where there are no tiers.

    To the last bit it does not fall as notional rises.

    Parameters
    ----------
    notional : V, USD, >= 0.
    bound, rate, deduction : (tiers,) columns of the schedule.
    """
    found = 1.0
    for k in range(1, bound.shape[0]):
        if not notional > bound[k - 1]:
            break
        found = max(found, rate[k] - deduction[k] / notional)
    return found


@lean_rule
def maintenance_rate(first: float, notional: float, tiers: Tiers) -> float:
    """Return maintenance margin over notional V, USD >= 0; `first` is the rate of the first tier."""
    return first * mean_rate(notional, tiers.bound, tiers.maintenance, tiers.maintenance_deduction)


@lean_rule
def initial_rate(first: float, notional: float, tiers: Tiers) -> float:
    """Return initial margin over notional V, USD >= 0; `first` is the rate of the first tier."""
    return first * mean_rate(notional, tiers.bound, tiers.initial, tiers.initial_deduction)


@lean_rule
def allowed_notional(wanted: float, own: float, first: float, tiers: Tiers) -> float:
    """Return `wanted` or the most that tiers above the first, and the last bound, allow, USD.

    Parameters
    ----------
    wanted : USD, at most what the first tier allows.
    own : equity, USD.
    first : initial rate of the first tier, > 0.
    tiers : the schedule.
    """
    found = wanted
    for k in range(tiers.shape[0]):
        if k > 0:
            found = min(found, (own / first + tiers.initial_deduction[k]) / tiers.initial[k])
        if k == tiers.shape[0] - 1:
            found = min(found, tiers.bound[k])
    return found


@lean_rule
def above_lower_tier(size: float, mark: float, tiers: Tiers) -> float:
    """Return by how many contracts, >= 0, a position exceeds the tier below its own; 0 in the lowest.

    An excess of less than ``SLIVER`` of the position counts as none: what closes a short raises its value, over the
    bound it was just reduced to, and it would be reduced in ever smaller parts.

    Parameters
    ----------
    size : contracts, short < 0.
    mark : USD per contract, > 0.
    tiers : the schedule.
    """
    found, whole = 0.0, abs(size)
    for k in range(tiers.shape[0] - 1):
        excess = whole - tiers.bound[k] / mark
        if not excess > SLIVER * whole:
            break
        found = excess
    return found


@rule
def edge_price(bankruptcy: float, size: float, first: float, tiers: Tiers) -> float:
    """Return the price (3) at which a position's equity is just its maintenance margin, USD per contract.

    Parameters
    ----------
    bankruptcy : b, USD per contract, at which its equity is zero.
    size : q, contracts, short < 0, not 0.
    first : maintenance rate of the first tier; that of the last is below 1.
    tiers : the schedule.
    """
    found = liquidation_price(bankruptcy, size, 0.0, first)
    for k in range(1, tiers.shape[0]):
        spared, rate = first * tiers.maintenance_deduction[k], first * tiers.maintenance[k]
        price = liquidation_price(bankruptcy, size, spared, rate)
        found = max(found, price) if size > 0.0 else min(found, price)
    return found
