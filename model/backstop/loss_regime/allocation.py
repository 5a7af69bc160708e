"""How an amount is divided among those who must give: in proportion, up to caps, or one after the other.

Pro rata with weights wᵢ:            xᵢ = A wᵢ / Σ w                                                  (1)
Capped pro rata, caps cᵢ:            xᵢ = min(cᵢ, λ wᵢ) with λ such that Σ x = min(A, Σ c)            (2)
Queue by score, limits lᵢ:           anyone who ranks first gives all of lᵢ, until A is reached          (3)

(2) is found exactly by sorting cᵢ / wᵢ. It is the only rule that is proof against splitting an account, monotone and
free of scale (Chitra 2025, "Autodeleveraging"); λ is a water level: caps are filled up to it. Units: any, the same
for amount, caps, limits and results.
"""

import numpy as np
from numpy.typing import ArrayLike

from agents.core.argument import amount as money
from agents.core.argument import finite, non_negative
from agents.core.kernel import kernel
from agents.core.rank import call_next, line_up

Array = np.ndarray
ROUNDING = 1e-9


def share(amount: float, weights: ArrayLike, total: float) -> Array:
    """Return (1) for weights that sum to `total`, zero where that is zero: no rule by itself, and unchecked."""
    weights = np.asarray(weights, float)
    return amount * weights / total if total > 0.0 else np.zeros_like(weights)


def socialized_loss(gains: ArrayLike, collected: float, owed: float) -> Array:
    """Return what winners are paid when losers could pay only part of what they owed.

    payoutᵢ = gainᵢ · min(1, collected / owed): Vega protocol, ``simple_distributor``, without its rounding.

    Parameters
    ----------
    gains : (n,) USD, >= 0, what each winner is due.
    collected : USD, what was collected for them.
    owed : USD, sum of all gains of which `gains` may be a part.

    Returns
    -------
    (n,) USD.

    Raises
    ------
    ValueError : if a gain or sum is negative or not finite, or less is owed than the gains.
    """
    due, collected, owed = non_negative("gains", gains), money("collected", collected), money("owed", owed)
    if due.sum() > owed * (1.0 + ROUNDING):
        raise ValueError("owed must be at least the sum of the gains, which are part of it")
    return due.copy() if collected >= owed else share(collected, due, owed)


def clawback_rate(loss: float, fund: float, profits: ArrayLike) -> float:
    """Return the part of every net profit that is clawed back, (loss − fund)⁺ / Σ profit⁺ (OKEx, 31 July 2018).

    Parameters
    ----------
    loss, fund : USD, uncovered loss of the settlement window and the fund against it.
    profits : (n,) USD, net profit of every account in the window, either sign.

    Returns
    -------
    At least 0; above 1 where all profit does not suffice, infinite where there is a loss and no profit.

    Raises
    ------
    ValueError : if loss or fund is negative, or anything not finite.
    """
    missing = max(money("loss", loss) - money("fund", fund), 0.0)
    profit = float(np.maximum(finite("profits", profits), 0.0).sum())
    if missing == 0.0:
        return 0.0
    return missing / profit if profit > 0.0 else np.inf


def proportional(weights: Array, caps: Array, amount: float) -> Array:
    """Return (1) cut to the caps, in one pass: what a cap leaves is not asked of others, as venues do it."""
    return np.minimum(caps, share(amount, weights, float(weights.sum())))


def capped_pro_rata(weights: ArrayLike, caps: ArrayLike, amount: float) -> Array:
    """Return the capped pro-rata allocation (2): in proportion to weights, nobody above its cap.

    Parameters
    ----------
    weights : (n,) >= 0; an account of weight zero gives nothing.
    caps : (n,) >= 0, may be infinite; broadcast against the weights.
    amount : >= 0, what is to be allocated; if the caps are less in sum, all of them are reached.

    Returns
    -------
    (n,), summing to `amount` or to all caps. Costs one sort.

    Raises
    ------
    ValueError : if a weight, a cap or the amount is negative or undefined, or weight or amount infinite.
    """
    amount, limits = money("amount", amount), np.asarray(caps, float)
    if not (limits >= 0.0).all():
        raise ValueError("caps must not be negative or undefined")
    weights, caps = np.broadcast_arrays(non_negative("weights", weights), limits)
    given = np.zeros(weights.shape)
    able = (weights > 0.0) & (caps > 0.0)
    if amount > 0.0 and able.any():
        with np.errstate(over="ignore"):  # a cap beyond any number times its weight is as good as infinite
            given[able] = np.minimum(caps[able], water_level(weights[able], caps[able], amount) * weights[able])
    return given


def water_level(weights: Array, caps: Array, amount: float) -> float:
    """Return λ of (2), infinite where all caps together are not more than the amount."""
    depth = caps / weights
    order = np.argsort(depth, kind="stable")
    caps, weights, depth = caps[order], weights[order], depth[order]
    full = np.append(0.0, np.cumsum(caps)[:-1])
    rest = np.cumsum(weights[::-1])[::-1]
    reached = np.flatnonzero(full + depth * rest >= amount)
    return (amount - full[reached[0]]) / rest[reached[0]] if len(reached) else np.inf


def adl_close(scores: ArrayLike, sizes: ArrayLike, quantity: float) -> Array:
    """Return what a queue closes (3): highest score first, equal scores by slot, until `quantity` is reached.

    Parameters
    ----------
    scores : (n,), higher is closed earlier.
    sizes : (n,) contracts, of either sign, or USD where an account can give so much.
    quantity : >= 0, in the unit of `sizes`.

    Returns
    -------
    (n,) >= 0, closed of each; whole positions except the last. BitMEX's published example: closing 20 of positions
    ranked 3, 6, 1, 4, 5, 2 closes those ranked 6 and 5.

    Raises
    ------
    ValueError : if a score is undefined or not one of a list, a size not finite, or the quantity negative or infinite.
    """
    order, limits = np.asarray(scores, float), np.abs(finite("sizes", sizes))
    if order.ndim != 1 or np.isnan(order).any():
        raise ValueError("scores must be a list of numbers, none undefined; infinite ones are allowed")
    return take_in_order(order, np.broadcast_to(limits, order.shape).copy(), money("quantity", quantity))


@kernel
def take_in_order(scores: np.ndarray, limits: np.ndarray, amount: float) -> np.ndarray:
    """Return (3); costs n steps and log n for each that gives, not a sort of all."""
    given = np.zeros(scores.shape[0])
    mirror, heap = line_up(scores)
    left, waiting = amount, scores.shape[0]
    while left > 0.0 and waiting > 0:
        position = call_next(mirror, heap, waiting)
        given[position] = min(limits[position], left)
        left -= given[position]
        waiting -= 1
    return given
