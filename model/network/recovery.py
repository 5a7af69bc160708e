"""What defaulters recover for one another: the linear system inside a round of clearing.

While everybody else pays in full, the d defaulters pay p = max(0, b + A p), with b their estates without one another's
payments, net of what ranks first, and A the shares they owe each other. The system is solved exactly: LAPACK where it
is dense, Krylov iterations or a sparse factorisation where it is sparse.
"""

from typing import Any

import numpy as np

from agents.core.table import Matrix
from model.network.liability import Debts

RESIDUAL = 1e-14


def received(debts: Debts, payments: np.ndarray) -> np.ndarray:
    """Return r_j = sum_i L_ij p_i / pbar_i (n,) USD: creditors of equal rank share in proportion."""
    paid_share = np.divide(payments, debts.owed, out=np.ones_like(payments), where=debts.owed > 0)
    return debts.claims @ paid_share


def recovered(debts: Debts, default: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return what the d defaulters pay (d,) USD while all others pay in full; `guess` (d,) starts iterations.

    Those with b < 0 start by paying nothing and join the linear system once what they receive lifts them above zero;
    payments only rise on the way, so each joins at most once. A group that owes only itself is never wholly inside the
    system, because it would not have failed with more assets than senior debts: so the system is regular and its
    solution unique.
    """
    others = received(debts, np.where(default, 0.0, debts.owed))
    estate = debts.alpha * debts.assets + debts.beta * others
    base = (debts.part * (estate - debts.first))[default]
    shares = _shares(debts, default)
    paying, grown = None, base >= 0.0
    while paying is None or (grown != paying).any():
        paying = grown
        payments = np.zeros(base.size)
        payments[paying] = _solve(_block(shares, paying), base[paying], guess[paying])
        guess = payments
        grown = paying | (base + shares @ payments > 0.0)
    return np.minimum(np.maximum(payments, 0.0), debts.owed[default])


def _shares(debts: Debts, default: np.ndarray) -> Any:
    """Return A (d, d): A[j, i] = part_j beta L_ij / pbar_i among the defaulters."""
    owed, part = debts.owed[default], debts.part[default]
    scale = np.divide(debts.beta, owed, out=np.zeros_like(owed), where=owed > 0)
    block = _block(debts.claims, default)
    if isinstance(block, np.ndarray):
        return block * scale[np.newaxis, :] * part[:, np.newaxis]
    shares = block.tocsr(copy=True)
    shares.data *= scale[shares.indices] * np.repeat(part, np.diff(shares.indptr))
    return shares


def _block(matrix: Matrix, keep: np.ndarray) -> Matrix:
    """Return the rows and columns of `matrix` where `keep` is true."""
    return matrix if keep.all() else matrix[keep][:, keep]


def _solve(shares: Any, base: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the solution of (I - A) p = b for a dense or sparse A."""
    if isinstance(shares, np.ndarray):
        return np.linalg.solve(np.eye(base.size) - shares, base)
    return _solve_sparse(shares, base, guess)


def _solve_sparse(shares: Any, base: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Return the solution of (I - A) p = b by BiCGSTAB, or by sparse LU where its residual exceeds rounding.

    Factors of a random graph fill in almost completely, while Krylov iterations on it converge in about
    twenty products; on a long chain it is the other way round.
    """
    # Slow to import, and needed for networks of hundreds alone.
    from scipy.sparse import eye_array  # noqa: PLC0415
    from scipy.sparse.linalg import LinearOperator, bicgstab, spsolve  # noqa: PLC0415

    system = LinearOperator(shares.shape, matvec=lambda x: x - shares @ x, dtype=float)
    payments, _ = bicgstab(system, base, x0=guess, rtol=RESIDUAL, atol=0.0, maxiter=50)
    payments = base + shares @ payments
    residual = np.abs(base + shares @ payments - payments).max(initial=0.0)
    if residual <= 10.0 * RESIDUAL * np.abs(payments).max(initial=0.0):
        return payments
    return np.atleast_1d(spsolve((eye_array(base.size) - shares).tocsc(), base))
