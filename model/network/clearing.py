"""Clearing of the debts that protocols owe one another, and who defaults when they cannot all be paid.

Protocol i holds external assets e_i, owes L_ij to protocol j and v_i to outsiders. With p_i the total it pays to
protocols and pbar_i = sum_j L_ij what it owes them, claims of equal rank share in proportion, so that it receives
r_i = sum_j (L_ji / pbar_j) p_j. Where outsiders rank first, a clearing vector satisfies, for every i,

    p_i = pbar_i                                     if e_i + r_i >= v_i + pbar_i   (solvent)
    p_i = max(0, alpha e_i + beta r_i - v_i)         otherwise                      (in default)

and where they rank *pari passu* with the protocols a defaulter pays these the part pbar_i / (pbar_i + v_i) of its
estate alpha e_i + beta r_i instead. alpha and beta are the parts of external and of interprotocol assets that survive a
bankruptcy. For alpha = beta = 1 this is Eisenberg and Noe (2001); below one it is Rogers and Veraart (2013); senior
debt is that of Acemoglu, Ozdaglar and Tahbaz-Salehi (2015), debt of equal rank that of Glasserman and Young (2015). The
clearing vectors form a lattice: the greatest is the best outcome for everybody at once and is the one returned.

It is found by the Greatest Clearing Vector Algorithm of Rogers and Veraart: full payment is tried first,
those who cannot follow are put in default, the linear system of the defaulters is solved exactly, and so on
until nobody fails again: at most n rounds, whatever the recoveries. The round in which a protocol fails is its
*wave*; wave 0 fails though everybody pays it in full.

Money is conserved: sum(e) = sum(equity) + sum(lost) + sum(outside).

Other measures of the same networks are offered here by name: :func:`debtrank` (distress before default) and
:func:`cross_holdings_dependency` (who owns whom).

References
----------
Eisenberg, L. and Noe, T. (2001) Systemic risk in financial systems. Management Science 47:236-249.
Rogers, L. C. G. and Veraart, L. A. M. (2013) Failure and rescue in an interbank network.
Management Science 59:882-898.
Acemoglu, D., Ozdaglar, A. and Tahbaz-Salehi, A. (2015) Systemic risk and stability in financial networks.
American Economic Review 105:564-608.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.table import MatrixLike
from model.network.analysis.cross_holding import cross_holdings_dependency, cross_holdings_value
from model.network.analysis.debtrank import additional_stress, debtrank
from model.network.liability import Debts, checked_debts
from model.network.recovery import received, recovered

__all__ = [
    "TOLERANCE",
    "Settlement",
    "additional_stress",
    "clearing_vector",
    "cross_holdings_dependency",
    "cross_holdings_value",
    "debtrank",
    "settle",
]

TOLERANCE = 1e-12
"""Shortfall, as a share of what is due, that is still read as rounding and not as default."""


class Settlement(NamedTuple):
    """Outcome of clearing among n protocols; every money column is in USD and >= 0."""

    payments: np.ndarray  # (n,) paid to other protocols
    received: np.ndarray  # (n,) received from other protocols, before any bankruptcy cost
    outside: np.ndarray  # (n,) paid to outside creditors
    equity: np.ndarray  # (n,) left after all debts; 0 in default
    lost: np.ndarray  # (n,) destroyed by bankruptcy; 0 when solvent
    default: np.ndarray  # (n,) bool, cannot pay in full what it owes
    waves: np.ndarray  # (n,) int, round in which it defaulted, 0 = on its own account, -1 = never

    def by_wave(self) -> list[list[int]]:
        """Return the protocols that default in each wave, first wave first."""
        return [np.flatnonzero(self.waves == wave).tolist() for wave in range(self.waves.max(initial=-1) + 1)]


def clearing_vector(
    liabilities: MatrixLike, external_assets: ArrayLike, alpha: float = 1.0, beta: float = 1.0,
    outside: ArrayLike | None = None, seniority: str = "senior",
) -> np.ndarray:  # fmt: skip
    """Return the greatest clearing vector.

    Parameters
    ----------
    liabilities : (n, n) array, list or SciPy sparse matrix, USD >= 0, zero diagonal; row i owes column j.
    external_assets : (n,) USD >= 0.
    alpha : part of a defaulter's external assets that is recovered, in [0, 1].
    beta : part of a defaulter's interprotocol receipts that is recovered, in [0, 1].
    outside : (n,) USD >= 0, debt to outsiders; none by default.
    seniority : rank of `outside` against `liabilities`: ``senior`` (paid first) or ``pari_passu`` (in proportion).

    Returns
    -------
    payments : (n,) USD, total each pays to the others, between 0 and the sum of its row.

    Raises
    ------
    ValueError
        If a shape, a sign, a range or a name is wrong (:mod:`agents.core.argument`).

    Notes
    -----
    Rogers and Veraart (2013), sections 2 and 3. Large thin networks are cleared in sparse arithmetic, whatever their
    form (:func:`model.network.liability.faster_form`).
    """
    return _cascade(checked_debts(liabilities, external_assets, alpha, beta, outside, seniority))[0]


def settle(
    liabilities: MatrixLike, external_assets: ArrayLike, alpha: float = 1.0, beta: float = 1.0,
    outside: ArrayLike | None = None, seniority: str = "senior",
) -> Settlement:  # fmt: skip
    """Clear as :func:`clearing_vector` does and return everybody's account of it.

    Arguments and errors are those of :func:`clearing_vector`. A defaulter loses (1 - alpha) e_i + (1 - beta) r_i.
    Rounding within `TOLERANCE` of a solvent protocol's debts is absorbed by its equity, which is never negative.

    Parameters
    ----------
    liabilities : (n, n) array, list or SciPy sparse matrix, USD >= 0, zero diagonal; row i owes column j.
    external_assets : (n,) USD >= 0.
    alpha, beta : parts of a defaulter's external assets and of its receipts that are recovered, in [0, 1].
    outside : (n,) USD >= 0, debt to outsiders; none by default.
    seniority : rank of `outside`: ``senior`` or ``pari_passu``.
    """
    debts = checked_debts(liabilities, external_assets, alpha, beta, outside, seniority)
    payments, waves = _cascade(debts)
    default, gained = waves >= 0, received(debts, payments)
    lost = np.where(default, (1.0 - alpha) * debts.assets + (1.0 - beta) * gained, 0.0)
    paid_outside = np.where(default, _paid_outside(debts, gained), debts.outside)
    left = debts.assets + gained - debts.outside - payments
    equity = np.where(default, 0.0, np.maximum(left, 0.0))
    return Settlement(payments, gained, paid_outside, equity, lost, default, waves)


def _paid_outside(debts: Debts, gained: np.ndarray) -> np.ndarray:
    """Return what outsiders get of each estate (n,) USD: first, or in proportion."""
    estate = debts.alpha * debts.assets + debts.beta * gained
    first = np.minimum(debts.first, estate)
    return np.minimum(debts.outside, first + (1.0 - debts.part) * (estate - first))


def _cascade(debts: Debts) -> tuple[np.ndarray, np.ndarray]:
    """Return payments (n,) and waves (n,): from full payment, add defaulters until nobody fails again."""
    payments, waves = debts.owed.copy(), np.full(debts.owed.size, -1)
    wave = 0
    while (fresh := _short(debts, payments) & (waves < 0)).any():
        waves[fresh] = wave
        default = waves >= 0
        payments[default] = recovered(debts, default, payments[default])
        wave += 1
    return payments, waves


def _short(debts: Debts, payments: np.ndarray) -> np.ndarray:
    """Return who (n,) cannot pay everything when the others pay `payments`."""
    due = debts.owed + debts.outside
    return debts.assets + received(debts, payments) < due * (1.0 - TOLERANCE)
