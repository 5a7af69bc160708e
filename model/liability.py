"""The debts to be cleared, checked: matrices dense or sparse, whichever is faster for their size.

A round of clearing multiplies the matrix of claims with a vector and solves the linear system of the defaulters. Dense
LAPACK wins for a few hundred protocols; beyond, where few of all pairs owe each other, sparse arithmetic wins by far,
whatever the form the caller holds the matrix in.
"""

from typing import Any, NamedTuple

import numpy as np

SENIORITIES = ("senior", "pari_passu")
SPARSE_SIZE = 300
SPARSE_DENSITY = 0.1


class Debts(NamedTuple):
    """Who owes what, arranged for the solver; n protocols, USD."""

    claims: Any  # (n, n) dense or SciPy sparse, claims[j, i] = L[i, j], what i owes j
    owed: np.ndarray  # (n,) pbar, owed to other protocols
    assets: np.ndarray  # (n,) e
    outside: np.ndarray  # (n,) v, owed to outsiders
    first: np.ndarray  # (n,) the part of v that ranks before the protocols: all of it or nothing
    part: np.ndarray  # (n,) in [0, 1], part of what is left after `first` that goes to protocols
    alpha: float
    beta: float


def checked_debts(
    liabilities: Any, external_assets: Any, alpha: float, beta: float, outside: Any, seniority: str
) -> Debts:
    """Return the inputs of :func:`model.clearing.settle` as arrays.

    Raises
    ------
    ValueError
        With one line saying which shape, sign, range or name is wrong.
    """
    matrix = square_matrix("liabilities", liabilities)
    if matrix.diagonal().any():
        raise ValueError("liabilities must have a zero diagonal: nobody owes itself")
    owed = np.asarray(matrix.sum(axis=1), dtype=float)
    assets = column("external_assets", external_assets, owed.size)
    outer = np.zeros(owed.size) if outside is None else column("outside", outside, owed.size)
    refuse_outside_unit("alpha", alpha)
    refuse_outside_unit("beta", beta)
    if seniority not in SENIORITIES:
        raise ValueError(f"seniority {seniority!r} is unknown; allowed: {', '.join(SENIORITIES)}")
    first, part = _rank(owed, outer, seniority == "senior")
    return Debts(faster_form(matrix).T, owed, assets, outer, first, part, float(alpha), float(beta))


def _rank(owed: np.ndarray, outside: np.ndarray, senior: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return what outsiders get first (n,) and the part of the rest that goes to protocols (n,)."""
    if senior:
        return outside, np.ones_like(owed)
    due = owed + outside
    return np.zeros_like(owed), np.divide(owed, due, out=np.ones_like(owed), where=due > 0)


def square_matrix(name: str, values: Any) -> Any:
    """Return `values` (n, n) as a float array, or as a CSR array when it is sparse; finite and not negative."""
    sparse = hasattr(values, "tocsr")
    matrix = _csr(values) if sparse else np.asarray(values, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a square matrix, got shape {matrix.shape}")
    refuse_bad(name, matrix.data if sparse else matrix)
    return matrix


def faster_form(matrix: Any) -> Any:
    """Return the matrix dense where it is small or crowded, as a CSR array where it is large and thin."""
    size, sparse = matrix.shape[0], hasattr(matrix, "tocsr")
    filled = matrix.nnz if sparse else np.count_nonzero(matrix)
    if size >= SPARSE_SIZE and filled <= SPARSE_DENSITY * size * size:
        return matrix if sparse else _csr(matrix)
    return matrix.toarray() if sparse else matrix


def column(name: str, values: Any, size: int) -> np.ndarray:
    """Return `values` as a float array (size,), finite and not negative."""
    found = np.asarray(values, dtype=float)
    if found.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), one value a row of the matrix, got {found.shape}")
    refuse_bad(name, found)
    return found


def refuse_bad(name: str, values: Any) -> None:
    """Raise ValueError where a value is negative or not finite."""
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name} must be finite and not negative")


def refuse_outside_unit(name: str, value: Any) -> None:
    """Raise ValueError unless every value lies in [0, 1]."""
    if not ((np.asarray(value) >= 0.0) & (np.asarray(value) <= 1.0)).all():
        raise ValueError(f"{name} must lie in [0, 1], got {value}")


def _csr(values: Any) -> Any:
    from scipy.sparse import csr_array  # noqa: PLC0415

    return csr_array(values, dtype=float)
