"""Whether a matrix of correlations is one, and its lower triangular factor.

R = L Lᵀ by Cholesky's rule, row by row, for matrices that need not have full rank: a pivot that is zero but for
rounding gives a column of zeros. Nothing heavy is imported.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

ROUNDING = 1e-9  # a pivot below it is zero, entries that differ by less are alike
LEFT = 1e-6  # most that rounding leaves of a row below a pivot of zero

type Rows = Sequence[Sequence[float]]


def matrix_problems(matrix: Rows) -> Iterator[str]:
    """Yield why `matrix` is none of correlations: its shape, its diagonal, its symmetry, or no assets could have it."""
    found = next((line for rule in (_shape, _diagonal, _symmetry) for line in rule(matrix)), "")
    if found:
        yield found
    elif lower_factor(matrix) is None:
        yield "not positive semidefinite, so no assets correlate like this: values nearer to 0 are needed"


def _shape(matrix: Rows) -> Iterator[str]:
    for k, row in enumerate(matrix):
        if len(row) != len(matrix):
            yield f"row {k} has {len(row)} values for {len(matrix)} rows: a square matrix is needed"


def _diagonal(matrix: Rows) -> Iterator[str]:
    for k, row in enumerate(matrix):
        if abs(row[k] - 1.0) > ROUNDING:
            yield f"row {k} has {row[k]:g} on the diagonal: 1 is needed, an asset's with itself"


def _symmetry(matrix: Rows) -> Iterator[str]:
    for k, row in enumerate(matrix):
        for j in range(k):
            if abs(row[j] - matrix[j][k]) > ROUNDING:
                yield (
                    f"row {k} has {row[j]:g} at {j}, row {j} has {matrix[j][k]:g} at {k}: a symmetric matrix is needed"
                )


def loading_problems(loadings: Rows) -> Iterator[str]:
    """Yield why `loadings`, a row for each asset, are none: rows that differ in length, or more than all variance."""
    if len({len(row) for row in loadings}) > 1 or not all(loadings):
        yield "rows differ in length: one value for each factor is needed, at least one"
    for k, row in enumerate(loadings):
        share = sum(value * value for value in row)
        if share > 1.0 + ROUNDING:
            yield f"row {k}: the squares sum to {share:.4g}: at most 1 is needed, the asset's whole variance"
            return


def lower_factor(matrix: Rows) -> list[list[float]] | None:
    """Return L, lower triangular, with L Lᵀ = `matrix`; none where it is not positive semidefinite."""
    number = len(matrix)
    lower = [[0.0] * number for _ in range(number)]
    for k in range(number):
        for j in range(k):
            left = matrix[k][j] - sum(lower[k][i] * lower[j][i] for i in range(j))
            if lower[j][j] == 0.0 and abs(left) > LEFT:
                return None
            lower[k][j] = left / lower[j][j] if lower[j][j] else 0.0
        pivot = matrix[k][k] - sum(value * value for value in lower[k][:k])
        if pivot < -ROUNDING:
            return None
        lower[k][k] = sqrt(pivot) if pivot > ROUNDING else 0.0
    return lower
