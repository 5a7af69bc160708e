"""How much a network can add to losses: the bound of Glasserman and Young (2015).

Node i holds outside assets c_i and claims on others, owes p_ij to others and b_i to outsiders, all of one rank; its net
worth is w_i = c_i + sum_j p_ji - b_i - sum_j p_ij. A shock takes X_i <= c_i from its outside assets. With s_i the
shortfall of its payments at the clearing vector, the loss of the system is

    L(X) = sum_i X_i + sum_i s_i                                                                (1)

Cut all ties, net worths as they are: the shortfalls are (X_i - w_i)+ then, and the loss

    L0(X) = sum_i X_i + sum_i (X_i - w_i)+                                                      (2)

Where shocks are homogeneous in assets (X_i / c_i of one distribution for all) with an increasing failure rate, and
whatever their dependence,

    E L / E L0 <= 1 + sum_i delta_i c_i / ((1 - beta+) sum_i c_i)                               (3)

with delta_i = P(X_i >= w_i) the probability that i fails of its own shock, and beta+ < 1 the largest part that any
node's debts to other nodes are of all its debts. Amplification is small unless failures are likely already.

Reference
---------
Glasserman, P. and Young, H. P. (2015) How likely is contagion in financial networks? Journal of Banking and Finance
50:383-399, theorem 4.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import column, fractions, network_matrix
from agents.core.table import MatrixLike
from model.network.clearing import settle


class SystemLoss(NamedTuple):
    """Loss of a system under one shock, USD."""

    tied: float  # (1), with the network
    apart: float  # (2), without


def connectivity(liabilities: MatrixLike, outside: ArrayLike) -> np.ndarray:
    """Return beta (n,): the part of every node's debts that it owes to other nodes; 0 where it owes nothing.

    Arguments and errors are those of :func:`amplification_bound`.
    """
    inside = np.asarray(network_matrix("liabilities", liabilities).sum(axis=1), dtype=float)
    due = inside + column("outside", outside, inside.size)
    return np.divide(inside, due, out=np.zeros_like(due), where=due > 0)


def amplification_bound(
    liabilities: MatrixLike, outside_assets: ArrayLike, outside: ArrayLike, default_probability: ArrayLike
) -> float:
    """Return the right side of (3), infinite where a node owes nothing to outsiders.

    Parameters
    ----------
    liabilities : (n, n) USD >= 0, zero diagonal, row owes column.
    outside_assets : c, (n,) USD >= 0, not all zero.
    outside : b, (n,) USD >= 0, owed to outsiders.
    default_probability : delta, (n,) in [0, 1], of failure by the own shock alone.

    Raises
    ------
    ValueError
        If a shape, a sign, a range or the diagonal is wrong (:mod:`agents.core.argument`), or nobody has outside
        assets.
    """
    tied = connectivity(liabilities, outside)
    most, assets = float(tied.max()), column("outside_assets", outside_assets, tied.size)
    if not assets.any():
        raise ValueError("outside_assets must not all be zero: there is nothing to be lost")
    likely = fractions("default_probability", default_probability, tied.size)
    exposed = float(likely @ assets)
    if exposed == 0.0:
        return 1.0
    return 1.0 + exposed / ((1.0 - most) * float(assets.sum())) if most < 1.0 else np.inf


def net_worth(liabilities: MatrixLike, outside_assets: ArrayLike, outside: ArrayLike) -> np.ndarray:
    """Return w (n,) USD, every debt counted in full; negative for a node that fails unshocked.

    Arguments and errors are those of :func:`amplification_bound`.
    """
    owed = network_matrix("liabilities", liabilities)
    assets, due = (
        column(name, values, owed.shape[0])
        for name, values in (("outside_assets", outside_assets), ("outside", outside))
    )
    return np.asarray(assets + owed.sum(axis=0) - owed.sum(axis=1) - due, dtype=float)


def system_loss(liabilities: MatrixLike, outside_assets: ArrayLike, outside: ArrayLike, shock: ArrayLike) -> SystemLoss:
    """Return the losses (1) and (2) of one shock (n,) USD >= 0, at most the outside assets of each.

    Arguments and errors are those of :func:`amplification_bound`.

    Parameters
    ----------
    liabilities : (n, n) USD >= 0, zero diagonal, row owes column.
    outside_assets : c, (n,) USD >= 0, not all zero.
    outside : b, (n,) USD >= 0, owed to outsiders.
    shock : (n,) USD >= 0, lost of outside assets.
    """
    worth = net_worth(liabilities, outside_assets, outside)
    hit, assets = column("shock", shock, worth.size), column("outside_assets", outside_assets, worth.size)
    if (hit > assets).any():
        raise ValueError("shock must be at most the outside assets: what is not there cannot be lost")
    due = np.asarray(outside, dtype=float)
    outcome = settle(liabilities, assets - hit, outside=due, seniority="pari_passu")
    owed = np.asarray(network_matrix("liabilities", liabilities).sum(axis=1), dtype=float)
    shortfall = (owed - outcome.payments).sum() + (due - outcome.outside).sum()
    return SystemLoss(float(hit.sum() + shortfall), float(hit.sum() + np.maximum(hit - worth, 0.0).sum()))
