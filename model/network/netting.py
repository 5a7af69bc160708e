"""Netting: exposure to all counterparties, bilaterally and with one class of claims cleared centrally.

Claims X_ij^k of class k are what i is owed by j if positive, owes if negative, X_ij = −X_ji. With all classes netted
bilaterally, i is exposed to

    Σ_j max(Σ_k X_ij^k, 0)                                                                     (1)

and with class c cleared by a central counterparty, which nets that class over all counterparties, to

    Σ_j max(Σ_{k≠c} X_ij^k, 0) + max(Σ_j X_ij^c, 0)                                            (2)

For independent normal claims of equal variance among N members (2) is less than (1) on average if and only if
K < N² / (4 (N − 1)): multilateral netting of one class destroys bilateral netting between classes. Reference: Duffie
and Zhu (2011), Does a central clearing counterparty reduce counterparty risk? Units: USD.

Protocols whose exposures are the graph ``netted`` (:mod:`model.network.exposures`) owe what :func:`net_debts` leaves
of claims that are drawn. The central counterparty has no capital of its own: what its debtors pay it passes on to its
creditors pro rata.
"""

import numpy as np

from agents.core.argument import finite, whole
from agents.core.table import MatrixLike

Array = np.ndarray


def bilateral_exposure(claims: MatrixLike) -> Array:
    """Return (1) of each member, (n,) USD.

    Parameters
    ----------
    claims : (classes, n, n) USD, finite and antisymmetric, of one class and one member or more.

    Raises
    ------
    ValueError
        If claims have another shape, are not finite or not antisymmetric.
    """
    return set_off(_antisymmetric(claims)).sum(axis=0)


def cleared_exposure(claims: MatrixLike, cleared: int) -> Array:
    """Return (2) of each member, (n,) USD; `cleared` is the number of the class that is cleared centrally, from 0.

    ValueError as :func:`bilateral_exposure`, or if there is no such class.
    """
    owed = _antisymmetric(claims)
    cleared = whole("cleared", cleared, len(owed) - 1)
    rest = np.delete(owed, cleared, axis=0)
    return (set_off(rest) + passed_through(owed[[cleared]])).sum(axis=0)


def net_debts(claims: MatrixLike, cleared: int = 0) -> Array:
    """Return what is left of claims, (n, n) USD, row owes column, when the first `cleared` classes go to one house.

    ValueError as :func:`bilateral_exposure`, or if there are not so many classes.
    """
    owed = _antisymmetric(claims)
    cleared = whole("cleared", cleared, len(owed))
    return set_off(owed[cleared:]) + passed_through(owed[:cleared])


def set_off(claims: Array) -> Array:
    """Return the debts (n, n), row owes column, that bilateral netting over the classes leaves."""
    return np.maximum(-claims.sum(axis=0), 0.0)


def passed_through(claims: Array) -> Array:
    """Return the debts (n, n), row owes column, that netting with a central counterparty leaves, seen through it."""
    net = claims.sum(axis=(0, 2))
    due, owes = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    return np.outer(owes, due) / due.sum() if due.any() else np.zeros(claims.shape[1:])


def _antisymmetric(claims: MatrixLike) -> Array:
    """Return claims as an array; ValueError unless what i is owed by j is what j owes i."""
    owed = finite("claims", claims)
    if owed.ndim != 3 or owed.shape[1] != owed.shape[2] or not owed.size:
        raise ValueError(f"claims have shape {owed.shape}; allowed: (classes, n, n), one or more of each")
    if not np.array_equal(owed, -np.swapaxes(owed, 1, 2)):
        raise ValueError("claims are not antisymmetric: what i is owed by j must be what j owes i")
    return owed
