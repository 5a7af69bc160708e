"""Clearing of the debts that protocols owe one another, and who defaults when they cannot all be paid.

Protocol i holds external assets e_i, owes L_ij to protocol j and v_i to outsiders who rank before every
protocol. With p_i the total it pays to protocols and pbar_i = sum_j L_ij what it owes them, claims of equal
rank share in proportion, so that it receives r_i = sum_j (L_ji / pbar_j) p_j. A clearing vector satisfies,
for every i,

    p_i = pbar_i                                     if e_i + r_i >= v_i + pbar_i   (solvent)
    p_i = max(0, alpha e_i + beta r_i - v_i)         otherwise                      (in default)

where alpha and beta are the parts of external and of interprotocol assets that survive a bankruptcy. For
alpha = beta = 1 this is Eisenberg and Noe (2001); below one it is Rogers and Veraart (2013); the senior debt
v is that of Acemoglu, Ozdaglar and Tahbaz-Salehi (2015). The clearing vectors form a lattice: the greatest is
the best outcome for everybody at once and is the one returned.

It is found by the Greatest Clearing Vector Algorithm of Rogers and Veraart: full payment is tried first,
those who cannot follow are put in default, the linear system of the defaulters is solved exactly, and so on
until nobody fails anew: at most n rounds, whatever the recoveries. The round in which a protocol fails is its
*wave*; wave 0 fails though everybody pays it in full.

Money is conserved: sum(e) = sum(equity) + sum(lost) + sum(senior).

References
----------
Eisenberg, L. and Noe, T. (2001) Systemic risk in financial systems. Management Science 47:236-249.
Rogers, L. C. G. and Veraart, L. A. M. (2013) Failure and rescue in an interbank network.
Management Science 59:882-898.
Acemoglu, D., Ozdaglar, A. and Tahbaz-Salehi, A. (2015) Systemic risk and stability in financial networks.
American Economic Review 105:564-608.
"""

from typing import Any, NamedTuple

import numpy as np

TOLERANCE = 1e-12
"""Shortfall, as a share of what is due, that is still read as rounding and not as default."""


class Settlement(NamedTuple):
    """Outcome of clearing among n protocols; every money column is in USD and >= 0."""

    payments: np.ndarray  # (n,) paid to other protocols
    received: np.ndarray  # (n,) received from other protocols, before any bankruptcy cost
    senior: np.ndarray  # (n,) paid to outside creditors, who rank first
    equity: np.ndarray  # (n,) left after all debts; 0 in default
    lost: np.ndarray  # (n,) destroyed by bankruptcy; 0 when solvent
    default: np.ndarray  # (n,) bool, cannot pay in full what it owes
    waves: np.ndarray  # (n,) int, round in which it defaulted, 0 = on its own account, -1 = never


class _Debts(NamedTuple):
    """The checked inputs, arranged for the solver; `claims` is dense or a SciPy sparse array."""

    claims: Any  # (n, n) USD, claims[j, i] = L[i, j], what i owes j
    owed: np.ndarray  # (n,) USD, pbar
    assets: np.ndarray  # (n,) USD, e
    outside: np.ndarray  # (n,) USD, v
    alpha: float
    beta: float


def clearing_vector(
    liabilities: Any, external_assets: Any, alpha: float = 1.0, beta: float = 1.0, outside: Any = None
) -> np.ndarray:
    """Return the greatest clearing vector.

    Parameters
    ----------
    liabilities : (n, n) array, list or SciPy sparse matrix, USD >= 0, zero diagonal; row i owes column j.
    external_assets : (n,) USD >= 0.
    alpha : part of a defaulter's external assets that is recovered, in [0, 1].
    beta : part of a defaulter's interprotocol receipts that is recovered, in [0, 1].
    outside : (n,) USD >= 0, debt to outsiders that ranks before `liabilities`; none by default.

    Returns
    -------
    payments : (n,) USD, total each pays to the others, between 0 and the sum of its row.

    Raises
    ------
    ValueError
        If a shape, a sign or a range is wrong.

    Notes
    -----
    Rogers and Veraart (2013), sections 2 and 3. Sparse input keeps the arithmetic sparse.
    """
    return _cascade(_checked(liabilities, external_assets, alpha, beta, outside))[0]


def settle(
    liabilities: Any, external_assets: Any, alpha: float = 1.0, beta: float = 1.0, outside: Any = None
) -> Settlement:
    """Clear as :func:`clearing_vector` does and return everybody's account of it.

    A defaulter loses (1 - alpha) e_i + (1 - beta) r_i. Rounding within `TOLERANCE` of a solvent protocol's
    debts is absorbed by its equity, which is never negative.
    """
    debts = _checked(liabilities, external_assets, alpha, beta, outside)
    payments, waves = _cascade(debts)
    default, received = waves >= 0, _received(debts, payments)
    lost = np.where(default, (1.0 - alpha) * debts.assets + (1.0 - beta) * received, 0.0)
    estate = alpha * debts.assets + beta * received
    senior = np.where(default, np.minimum(debts.outside, estate), debts.outside)
    left = debts.assets + received - debts.outside - payments
    equity = np.where(default, 0.0, np.maximum(left, 0.0))
    return Settlement(payments, received, senior, equity, lost, default, waves)


def _cascade(debts: _Debts) -> tuple[np.ndarray, np.ndarray]:
    """Return payments (n,) and waves (n,): from full payment, add defaulters until nobody fails anew."""
    payments, waves = debts.owed.copy(), np.full(debts.owed.size, -1)
    wave = 0
    while (fresh := _short(debts, payments) & (waves < 0)).any():
        waves[fresh] = wave
        default = waves >= 0
        payments[default] = _recovered(debts, default)
        wave += 1
    return payments, waves


def _short(debts: _Debts, payments: np.ndarray) -> np.ndarray:
    """Return who (n,) cannot pay everything when the others pay `payments`."""
    due = debts.owed + debts.outside
    return debts.assets + _received(debts, payments) < due * (1.0 - TOLERANCE)


def _received(debts: _Debts, payments: np.ndarray) -> np.ndarray:
    """Return r_j = sum_i L_ij p_i / pbar_i (n,) USD: creditors of equal rank share in proportion."""
    paid_share = np.divide(payments, debts.owed, out=np.ones_like(payments), where=debts.owed > 0)
    return debts.claims @ paid_share


def _recovered(debts: _Debts, default: np.ndarray) -> np.ndarray:
    """Return what the d defaulters pay (d,) USD while all others pay in full.

    Solves p = max(0, b + A p), with b the estate without the other defaulters' payments and A their
    shares. Those with b < 0 start by paying nothing and join the linear system once what they receive
    lifts them above zero; payments only rise on the way, so each joins at most once. A group that owes
    only itself is never wholly inside the system, because it would not have failed with more assets than
    senior debts: so the system is regular and its solution unique.
    """
    others = _received(debts, np.where(default, 0.0, debts.owed))
    base = (debts.alpha * debts.assets + debts.beta * others - debts.outside)[default]
    shares = _shares(debts, default)
    paying, grown = None, base >= 0.0
    while paying is None or (grown != paying).any():
        paying = grown
        payments = np.zeros(base.size)
        payments[paying] = _solve(_block(shares, paying), base[paying])
        grown = paying | (base + shares @ payments > 0.0)
    return np.minimum(np.maximum(payments, 0.0), debts.owed[default])


def _shares(debts: _Debts, default: np.ndarray) -> Any:
    """Return A (d, d): A[j, i] = beta L_ij / pbar_i among the defaulters."""
    owed = debts.owed[default]
    scale = np.divide(debts.beta, owed, out=np.zeros_like(owed), where=owed > 0)
    block = _block(debts.claims, default)
    return block * scale[np.newaxis, :]


def _block(matrix: Any, keep: np.ndarray) -> Any:
    """Return the rows and columns of `matrix` where `keep` is true."""
    return matrix if keep.all() else matrix[keep][:, keep]


def _solve(shares: Any, base: np.ndarray) -> np.ndarray:
    """Return the solution of (I - A) p = b for a dense or sparse A."""
    if isinstance(shares, np.ndarray):
        return np.linalg.solve(np.eye(base.size) - shares, base)
    return _solve_sparse(shares, base)


def _solve_sparse(shares: Any, base: np.ndarray) -> np.ndarray:
    """Return the solution of (I - A) p = b by BiCGSTAB, or by sparse LU where its residual exceeds rounding.

    Factors of a random graph fill in almost completely, while Krylov iterations on it converge in about
    twenty products; on a long chain it is the other way round.
    """
    from scipy.sparse import eye_array  # noqa: PLC0415
    from scipy.sparse.linalg import bicgstab, spsolve  # noqa: PLC0415

    system = (eye_array(base.size) - shares).tocsc()
    payments, _ = bicgstab(system, base, rtol=1e-15, atol=0.0, maxiter=50)
    residual = np.abs(system @ payments - base).max(initial=0.0)
    if residual <= 1e-14 * np.abs(payments).max(initial=0.0):
        return payments
    return np.atleast_1d(spsolve(system, base))


def _checked(liabilities: Any, external_assets: Any, alpha: float, beta: float, outside: Any) -> _Debts:
    """Return the inputs as arrays, or raise ValueError with one line saying which is wrong."""
    matrix = _matrix(liabilities)
    owed = np.asarray(matrix.sum(axis=1), dtype=float)
    assets = _column("external_assets", external_assets, owed.size)
    senior = np.zeros(owed.size) if outside is None else _column("outside", outside, owed.size)
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must lie in [0, 1], got {value}")
    return _Debts(matrix.T, owed, assets, senior, float(alpha), float(beta))


def _matrix(liabilities: Any) -> Any:
    """Return `liabilities` (n, n) as a float array, or as a CSR array when it is sparse."""
    sparse = hasattr(liabilities, "tocsr")
    matrix = _csr(liabilities) if sparse else np.asarray(liabilities, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"liabilities must be a square matrix, got shape {matrix.shape}")
    _refuse_bad("liabilities", matrix.data if sparse else matrix)
    if matrix.diagonal().any():
        raise ValueError("liabilities must have a zero diagonal: nobody owes itself")
    return matrix


def _csr(liabilities: Any) -> Any:
    from scipy.sparse import csr_array  # noqa: PLC0415

    return csr_array(liabilities, dtype=float)


def _column(name: str, values: Any, size: int) -> np.ndarray:
    column = np.asarray(values, dtype=float)
    if column.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), one value a row of liabilities, got {column.shape}")
    _refuse_bad(name, column)
    return column


def _refuse_bad(name: str, values: Any) -> None:
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"{name} must be finite and not negative")
