"""Checks of arguments of public functions: conversion to arrays, and one sentence for what is not allowed.

A network of n >= 1 protocols is a square matrix of amounts that are finite and not negative, with zero on its diagonal,
as nobody owes, lends to or owns itself. A column has one value for every protocol. Fractions lie in [0, 1]. Every
function that takes one of these uses these checks, so that all refuse the same values with the same message.

All raise ValueError with one line that names the argument.
"""

from typing import Any

import numpy as np

Array = np.ndarray


def network_matrix(name: str, values: Any) -> Any:
    """Return `values` (n, n) as by :func:`square_matrix`, its diagonal zero."""
    matrix = square_matrix(name, values)
    if matrix.diagonal().any():
        raise ValueError(f"{name} must have a zero diagonal: nobody owes, lends to or owns itself")
    return matrix


def square_matrix(name: str, values: Any) -> Any:
    """Return `values` (n, n), n >= 1, as a float array, or as a CSR array when it is sparse; finite and >= 0."""
    sparse = hasattr(values, "tocsr")
    matrix = csr(values) if sparse else np.asarray(values, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a square matrix, got shape {matrix.shape}")
    if not matrix.shape[0]:
        raise ValueError(f"{name} must be of one protocol or more, got none")
    refuse_bad(name, matrix.data if sparse else matrix)
    return matrix


def column(name: str, values: Any, size: int) -> Array:
    """Return `values` as a float array (size,), finite and >= 0."""
    found = np.asarray(values, dtype=float)
    if found.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), one value a row of the matrix, got {found.shape}")
    refuse_bad(name, found)
    return found


def positive_column(name: str, values: Any, size: int) -> Array:
    """Return `values` as a float array (size,), finite and > 0."""
    found = column(name, values, size)
    if not (found > 0.0).all():
        raise ValueError(f"{name} must be more than 0")
    return found


def fractions(name: str, values: Any, size: int) -> Array:
    """Return `values` as a float array (size,), all in [0, 1]."""
    found = column(name, values, size)
    refuse_outside_unit(name, found)
    return found


def fraction(name: str, value: Any) -> float:
    """Return one number in [0, 1]."""
    found = number(name, value)
    refuse_outside_unit(name, found)
    return found


def amount(name: str, value: Any) -> float:
    """Return one number, finite and >= 0."""
    found = number(name, value)
    refuse_bad(name, found)
    return found


def number(name: str, value: Any) -> float:
    """Return one finite number."""
    found = finite(name, value)
    if found.ndim:
        raise ValueError(f"{name} must be one number, got shape {found.shape}")
    return float(found)


def whole(name: str, value: Any, most: float) -> int:
    """Return a whole number from 0 to `most`."""
    found = number(name, value)
    if found != int(found) or not 0 <= found <= most:
        raise ValueError(f"{name} must be a whole number from 0 to {most:g}, got {found:g}")
    return int(found)


def finite(name: str, values: Any) -> Array:
    """Return `values` as a float array of any shape, every value finite."""
    found = np.asarray(values, dtype=float)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite numbers")
    return found


def non_negative(name: str, values: Any) -> Array:
    """Return `values` as a float array of any shape, finite and >= 0."""
    found = np.asarray(values, dtype=float)
    refuse_bad(name, found)
    return found


def positive(name: str, values: Any) -> Array:
    """Return `values` as a float array of any shape, finite and > 0."""
    found = np.asarray(values, dtype=float)
    if not (np.isfinite(found) & (found > 0.0)).all():
        raise ValueError(f"{name} must be finite and more than 0, got {found}")
    return found


def refuse_bad(name: str, values: Any) -> None:
    """Raise ValueError where a value is negative or not finite."""
    if not np.isfinite(values).all() or np.less(values, 0.0).any():
        raise ValueError(f"{name} must be finite and not negative")


def refuse_outside_unit(name: str, value: Any) -> None:
    """Raise ValueError unless every value lies in [0, 1]."""
    if not ((np.asarray(value) >= 0.0) & (np.asarray(value) <= 1.0)).all():
        raise ValueError(f"{name} must lie in [0, 1], got {value}")


def refuse_unknown(name: str, value: Any, allowed: Any) -> None:
    """Raise ValueError unless `value` is one of the names `allowed`."""
    if value not in allowed:
        raise ValueError(f"{name} {value!r} is unknown; allowed: {', '.join(allowed)}")


def csr(values: Any) -> Any:
    """Return a matrix as a CSR array of floats."""
    from scipy.sparse import csr_array  # noqa: PLC0415  # slow to import, and needed for sparse matrices alone

    return csr_array(values, dtype=float)
