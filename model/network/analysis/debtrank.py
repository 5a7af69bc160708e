"""DebtRank: how distress spreads along exposures before anybody defaults.

Holder i has lent A_ij to issuer j and has a loss-absorbing buffer E_i > 0. The distress h_i in [0, 1] of a protocol is
the part of its buffer that is lost, 1 being default. A holder loses the part h_j of what j owes it, so that distress
travels with the leverage Lambda_ij = A_ij / E_i.

**Linear** (Bardoscia et al. 2015): every increment of distress is passed on, again and again, until nothing moves,

    h_i(t+1) = min(1, h_i(t) + sum_j Lambda_ij (h_j(t) - h_j(t-1))),    h(0) = 0, h(1) = the initial distress

whose limit below the cap is (I - Lambda)^(-1) h(1). Cycles are followed round and round; a protocol at 1 passes nothing
more on.

**2012** (Battiston et al. 2012): a protocol passes its distress on once, in the round after it first has any, with
impact W_ji = min(1, Lambda_ij) of j on i, and is inactive from then on,

    h_i(t+1) = min(1, h_i(t) + sum over active j of W_ji h_j(t))

so a walk never comes back through a protocol it has passed; what arrives later adds to a protocol's own distress only.
With economic weights v_j, normalised to 1, the DebtRank of a shock is sum_j v_j (h_j(end) - h_j(1)).

Both stop as soon as nothing is passed on. Leverage can be given in place of exposures, with buffers of 1.

References
----------
Battiston, S. et al. (2012) DebtRank: too central to fail? Scientific Reports 2:541.
Bardoscia, M., Battiston, S., Caccioli, F. and Caldarelli, G. (2015) DebtRank: a microscopic foundation for shock
propagation. PLoS ONE 10:e0130406.
"""

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import column, fractions, network_matrix, positive_column, refuse_unknown, whole
from agents.core.table import Matrix, MatrixLike
from model.network.liability import faster_form

SETTLED = 1e-16
LONGEST = 100_000


def debtrank(
    exposures: MatrixLike,
    buffers: ArrayLike,
    initial_distress: ArrayLike,
    variant: str = "linear",
    rounds: int = LONGEST,
) -> np.ndarray:
    """Return the final distress of every protocol.

    Parameters
    ----------
    exposures : (n, n) array, list or SciPy sparse matrix, USD >= 0, zero diagonal; holder i on issuer j, which is
        liabilities turned over.
    buffers : (n,) USD > 0, capital that absorbs losses; 1 each where `exposures` is a leverage matrix.
    initial_distress : (n,) in [0, 1].
    variant : ``linear`` (Bardoscia et al. 2015) or ``2012`` (Battiston et al. 2012).
    rounds : stop after that many rounds, if not settled earlier.

    Returns
    -------
    distress : (n,) in [0, 1], never below `initial_distress`.

    Raises
    ------
    ValueError
        If a shape, a sign, a range or the variant's name is wrong (:mod:`agents.core.argument`).
    """
    leverage = _leverage(exposures, buffers)
    initial = fractions("initial_distress", initial_distress, leverage.shape[0])
    refuse_unknown("variant", variant, VARIANTS)
    return VARIANTS[variant](leverage, initial, whole("rounds", rounds, LONGEST))


def additional_stress(final: ArrayLike, initial: ArrayLike, weights: ArrayLike) -> float:
    """Return sum_j v_j (h_j(end) - h_j(1)) with weights v normalised to 1: the DebtRank of a shock, in [0, 1].

    Parameters
    ----------
    final, initial : (n,) in [0, 1], distress at the end and at the start.
    weights : (n,) >= 0, not all zero.

    Raises
    ------
    ValueError
        If a shape, a sign or a range is wrong, or no protocol has any weight.
    """
    size = np.size(weights)
    share = column("weights", weights, size)
    if not share.any():
        raise ValueError("weights must not all be zero: there is no economy to be stressed")
    return float(share @ (fractions("final", final, size) - fractions("initial", initial, size)) / share.sum())


def linear(leverage: Matrix, initial: np.ndarray, rounds: int) -> np.ndarray:
    """Pass on every increment of distress until increments are zero next to rounding."""
    distress, fresh = initial.copy(), initial
    for _ in range(rounds):
        reached = np.minimum(distress + leverage @ fresh, 1.0)
        fresh, distress = reached - distress, reached
        if fresh.max(initial=0.0) <= SETTLED:
            break
    return distress


def once(leverage: Matrix, initial: np.ndarray, rounds: int) -> np.ndarray:
    """Let every protocol pass its distress on once, in the round after it first has any."""
    impact = leverage.minimum(1.0) if hasattr(leverage, "tocsr") else np.minimum(leverage, 1.0)
    distress, inactive = initial.copy(), np.zeros(initial.size, dtype=bool)
    for _ in range(rounds):
        active = (distress > 0.0) & ~inactive
        if not active.any():
            break
        inactive |= active
        distress = np.minimum(distress + impact @ np.where(active, distress, 0.0), 1.0)
    return distress


VARIANTS = {"linear": linear, "2012": once}


def _leverage(exposures: MatrixLike, buffers: ArrayLike) -> Matrix:
    """Return Lambda (n, n): A_ij / E_i."""
    matrix = network_matrix("exposures", exposures)
    buffer = positive_column("buffers", buffers, matrix.shape[0])  # a protocol without any has failed already
    return faster_form(matrix) * (1.0 / buffer)[:, np.newaxis]
