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
from agents.core.kernel import inline, lean_kernel
from agents.core.rank import ascending, call_next, line_up, total
from model.backstop.loss_regime.room import Room, make_room

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
    room = make_room(weights.size)
    with np.errstate(over="ignore"):  # a cap beyond any number times its weight is as good as infinite
        fill(weights.ravel(), caps.ravel(), weights.size, amount, room)
    return room.given.reshape(weights.shape)


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
    room = make_room(order.size)
    take_in_order(order, np.broadcast_to(limits, order.shape).copy(), order.size, money("quantity", quantity), room)
    return room.given


QUEUE, PRO_RATA, CAPPED = range(3)
"""Ways to divide: (3), (1) cut to the limits, (2)."""


@inline
def take_in_order(score: Array, limit: Array, number: int, amount: float, room: Room) -> None:
    """Write (3) into ``room.given``; costs n steps and log n for each that gives, not a sort of all.

    Parameters
    ----------
    score : (n,) higher gives earlier, equal ones by position.
    limit : (n,) >= 0, most that each gives.
    number : how many there are, at most n.
    amount : >= 0, in the unit of the limits.
    room : its lists `given`, `mirror` and `order` are written.
    """
    given, mirror, heap = room.given, room.mirror, room.order
    for at in range(number):
        given[at] = 0.0
    line_up(score, number, mirror, heap)
    left, waiting = amount, number
    while left > 0.0 and waiting > 0:
        position = call_next(mirror, heap, waiting, number)
        given[position] = min(limit[position], left)
        left -= given[position]
        waiting -= 1


@inline
def take_in_proportion(weight: Array, limit: Array, number: int, amount: float, room: Room) -> None:
    """Write (1) cut to the limits into ``room.given``, in one pass: what a limit leaves is not asked of others.

    Venues do it so.

    Parameters
    ----------
    weight : (n,) >= 0.
    limit : (n,) >= 0, most that each gives.
    number : how many there are, at most n.
    amount : >= 0, in the unit of the limits.
    room : its list `given` is written.
    """
    whole = total(weight, 0, number)
    for at in range(number):
        room.given[at] = min(limit[at], amount * weight[at] / whole) if whole > 0.0 else 0.0


@inline
def water_level(weight: Array, cap: Array, count: int, amount: float, room: Room) -> float:
    """Return λ of (2), infinite where all caps together are not more than the amount.

    Parameters
    ----------
    weight, cap : (n,) of all.
    count : how many can give, in ``room.able``, with ``room.depth``.
    amount : > 0, what is to be divided.
    room : its lists `rest`, `mirror` and `order` are written.
    """
    order, rest, depth, able = room.order, room.rest, room.depth, room.able
    ascending(depth, count, room.mirror, order)
    above = 0.0
    for at in range(count - 1, -1, -1):
        above += weight[able[order[at]]]
        rest[at] = above
    full, level = 0.0, np.inf
    for at in range(count):
        if full + depth[order[at]] * rest[at] >= amount:
            level = (amount - full) / rest[at]
            break
        full += cap[able[order[at]]]
    return level


@lean_kernel
def fill(weight: Array, cap: Array, number: int, amount: float, room: Room) -> None:
    """Write (2) into ``room.given``; costs one sort of those who can give.

    Parameters
    ----------
    weight : (n,) >= 0; an entry of weight zero gives nothing.
    cap : (n,) >= 0, may be infinite.
    number : how many there are, at most n.
    amount : >= 0, what is to be divided; if the caps are less in sum, all of them are reached.
    room : its lists `given`, `depth`, `rest`, `mirror`, `order` and `able` are written.
    """
    given, depth, able, count = room.given, room.depth, room.able, 0
    for at in range(number):
        given[at] = 0.0
        if weight[at] > 0.0 and cap[at] > 0.0:
            able[count], depth[count] = at, cap[at] / weight[at]
            count += 1
    if amount > 0.0 and count > 0:
        level = water_level(weight, cap, count, amount, room)
        for at in range(count):
            given[able[at]] = min(cap[able[at]], level * weight[able[at]])


@lean_kernel
def allot(way: int, score: Array, limit: Array, number: int, amount: float, room: Room) -> None:
    """Divide `amount` and write what each gives into ``room.given``.

    Parameters
    ----------
    way : ``QUEUE``, ``PRO_RATA`` or ``CAPPED``.
    score : (n,) scores of a queue, else weights >= 0.
    limit : (n,) >= 0, most that each gives.
    number : how many there are, at most n.
    amount : >= 0, in the unit of the limits.
    room : written; neither `score` nor `limit` may be a list of it that it writes.
    """
    if way == QUEUE:
        take_in_order(score, limit, number, amount, room)
    elif way == PRO_RATA:
        take_in_proportion(score, limit, number, amount, room)
    else:
        fill(score, limit, number, amount, room)
