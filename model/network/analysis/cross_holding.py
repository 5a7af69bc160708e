"""Cross-holdings: protocols that own parts of one another, and what they are worth.

C_ij >= 0 is the part of j that protocol i owns, the diagonal zero; the rest of j, Chat_jj = 1 - sum_i C_ij > 0, belongs
to outside holders. Protocol i also holds primitive assets worth e_i. Equity values that count one another, V = e + C V,
overstate what there is; what reaches outside holders is the market value

    v = Chat V = A e,        A = Chat (I - C)^(-1)                                               (1)

with A the dependency matrix: A_ij is the part of j's assets that is finally i's; its columns sum to 1, so that
sum(v) = sum(e).

Where v_i falls below a threshold t_i the protocol fails and loses b_i more of its assets, which lowers others':

    v = A (e - b * 1{v < t})                                                                    (2)

Of the fixed points of (2) the one with the fewest failures is taken, found by adding failures in waves from none:
values only fall on the way, so that at most n waves are needed.

Reference
---------
Elliott, M., Golub, B. and Jackson, M. O. (2014) Financial networks and contagion. American Economic Review
104:3115-3153.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import column, network_matrix
from agents.core.table import MatrixLike


class Valuation(NamedTuple):
    """Values of n protocols that own parts of one another."""

    value: np.ndarray  # (n,) USD, market value v, what reaches outside holders
    equity: np.ndarray  # (n,) USD, V, holdings in one another counted
    waves: np.ndarray  # (n,) int, round in which it failed, -1 = never

    @property
    def failed(self) -> np.ndarray:
        """Who failed, (n,) bool."""
        return self.waves >= 0


def cross_holdings_dependency(holdings: MatrixLike) -> np.ndarray:
    """Return the dependency matrix A = Chat (I - C)^(-1) of (1), (n, n), columns summing to 1.

    Parameters
    ----------
    holdings : C, (n, n) in [0, 1], zero diagonal; row i owns that part of column j.

    Raises
    ------
    ValueError
        If a shape, a sign or the diagonal is wrong, or a column leaves nothing to outside holders.
    """
    held = _checked(holdings)
    return (1.0 - held.sum(axis=0))[:, np.newaxis] * np.linalg.inv(np.eye(len(held)) - held)


def cross_holdings_value(
    holdings: MatrixLike, assets: ArrayLike, thresholds: ArrayLike, failure_costs: ArrayLike
) -> Valuation:
    """Return the values (2) with the fewest failures.

    Parameters
    ----------
    holdings : C, (n, n), as in :func:`cross_holdings_dependency`.
    assets : e, (n,) USD >= 0, primitive assets.
    thresholds : t, (n,) USD >= 0; a protocol fails whose market value is below.
    failure_costs : b, (n,) USD >= 0, lost by a protocol that fails, whatever it has left.

    Raises
    ------
    ValueError
        As :func:`cross_holdings_dependency`, or if a column has a wrong shape or sign.
    """
    held = _checked(holdings)
    own, threshold, cost = (
        column(name, values, len(held))
        for name, values in (("assets", assets), ("thresholds", thresholds), ("failure_costs", failure_costs))
    )
    waves = np.full(len(held), -1)
    for wave in range(len(held) + 1):  # each wave but the last takes at least one
        equity = np.linalg.solve(np.eye(len(held)) - held, own - cost * (waves >= 0))
        value = (1.0 - held.sum(axis=0)) * equity
        fresh = (value < threshold) & (waves < 0)
        if not fresh.any():
            break
        waves[fresh] = wave
    return Valuation(value, equity, waves)


def _checked(holdings: MatrixLike) -> np.ndarray:
    held = network_matrix("holdings", holdings)
    held = held.toarray() if hasattr(held, "tocsr") else held
    if not (held.sum(axis=0) < 1.0).all():
        raise ValueError("holdings must leave a part of every protocol to outside holders: columns below 1 in sum")
    return held
