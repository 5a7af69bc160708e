"""The debts to be cleared, checked: matrices dense or sparse, whichever is faster for their size.

A round of clearing multiplies the matrix of claims with a vector and solves the linear system of the defaulters. Dense
LAPACK wins for a few hundred protocols; beyond, where few of all pairs owe each other, sparse arithmetic wins by far,
whatever the form the caller holds the matrix in.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import column, csr, fraction, network_matrix, refuse_unknown
from agents.core.table import Matrix, MatrixLike

SENIORITIES = ("senior", "pari_passu")
SPARSE_SIZE = 300
SPARSE_DENSITY = 0.1


class Debts(NamedTuple):
    """Who owes what, arranged for the solver; n protocols, USD."""

    claims: Matrix  # (n, n) dense or SciPy sparse, claims[j, i] = L[i, j], what i owes j
    owed: np.ndarray  # (n,) pbar, owed to other protocols
    assets: np.ndarray  # (n,) e
    outside: np.ndarray  # (n,) v, owed to outsiders
    first: np.ndarray  # (n,) the part of v that ranks before the protocols: all of it or nothing
    part: np.ndarray  # (n,) in [0, 1], part of what is left after `first` that goes to protocols
    alpha: float
    beta: float


def checked_debts(
    liabilities: MatrixLike,
    external_assets: ArrayLike,
    alpha: float,
    beta: float,
    outside: ArrayLike | None,
    seniority: str,
) -> Debts:
    """Return the inputs of :func:`model.network.clearing.settle` as arrays.

    Parameters
    ----------
    liabilities : (n, n) array, list or SciPy sparse matrix, USD >= 0, zero diagonal; row i owes column j.
    external_assets : e, (n,) USD >= 0.
    alpha, beta : parts of a defaulter's external assets and of its receipts that are recovered, in [0, 1].
    outside : v, (n,) USD >= 0, debt to outsiders; none: zero.
    seniority : rank of `outside`, ``senior`` or ``pari_passu``.

    Raises
    ------
    ValueError
        With one line saying which shape, sign, range or name is wrong.
    """
    matrix = network_matrix("liabilities", liabilities)
    owed = np.asarray(matrix.sum(axis=1), dtype=float)
    assets = column("external_assets", external_assets, owed.size)
    outer = np.zeros(owed.size) if outside is None else column("outside", outside, owed.size)
    recovery = fraction("alpha", alpha), fraction("beta", beta)
    refuse_unknown("seniority", seniority, SENIORITIES)
    first, part = _rank(owed, outer, seniority == "senior")
    return Debts(faster_form(matrix).T, owed, assets, outer, first, part, *recovery)


def _rank(owed: np.ndarray, outside: np.ndarray, senior: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return what outsiders get first (n,) and the part of the rest that goes to protocols (n,)."""
    if senior:
        return outside, np.ones_like(owed)
    due = owed + outside
    return np.zeros_like(owed), np.divide(owed, due, out=np.ones_like(owed), where=due > 0)


def faster_form(matrix: Matrix) -> Matrix:
    """Return the matrix dense where it is small or crowded, as a CSR array where it is large and thin."""
    size, sparse = matrix.shape[0], hasattr(matrix, "tocsr")
    filled = matrix.nnz if sparse else np.count_nonzero(matrix)
    if size >= SPARSE_SIZE and filled <= SPARSE_DENSITY * size * size:
        return matrix if sparse else csr(matrix)
    return matrix.toarray() if sparse else matrix
