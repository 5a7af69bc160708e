"""Reinsurance treaties: the part of a loss that a reinsurer pays.

Of a loss L a quota share a, an excess of loss with attachment d and limit l, and a stop-loss with retention r and
limit l on the aggregate loss pay

    a L                                                                                        (1)
    min(max(L − d, 0), l)                                                                      (2)
    min(max(Σ L − r, 0), l)                                                                    (3)

A layer with n reinstatements is refilled n times: it pays up to (1 + n) l in all, and every refilling is paid for by a
premium in proportion to the part of the limit refilled (pro rata as to amount). A programme stacks them: (1) on the
whole loss, layers (2) on what the quota share leaves, (3) on what both leave. Applied to losses accumulated over the
run, the payment due at a step is the increase of the sum, so no treaty ever pays more than its limit in all.

References: Klugman, Panjer, Willmot, *Loss Models*, ch. 8; Sundt, "On excess of loss reinsurance with reinstatements"
(1991). Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import kernel, rule

Array = np.ndarray
WITHOUT_END = 1e18  # USD, larger than any loss


class Programme(NamedTuple):
    """A member's treaties, stacked; arrays of (layers, members) and (members,)."""

    quota: float  # 1, share of every loss
    attachment: Array  # (layers, members) USD
    limit: Array  # (layers, members) USD
    reinstatements: Array  # (layers, 1) number
    stop_retention: Array  # (members,) USD
    stop_limit: float  # USD


def excess_of_loss(loss: Array | float, attachment: Array | float, limit: Array | float) -> Array:
    """Return the payment (2) of an excess-of-loss layer; arrays broadcast."""
    return np.minimum(np.maximum(np.asarray(loss, dtype=float) - attachment, 0.0), limit)


def layer_increment(before: Array, after: Array, attachment: Array, limit: Array) -> Array:
    """Return what a layer owes for losses growing from `before` to `after`, (members,) USD.

    Parameters
    ----------
    before, after : (members,) USD >= 0, losses accumulated so far.
    attachment : (members,) USD >= 0, loss from which on the layer pays.
    limit : (members,) USD >= 0, most that it pays in all.
    """
    return excess_of_loss(after, attachment, limit) - excess_of_loss(before, attachment, limit)


@rule
def layer_paid(loss: float, programme: Programme, layer: int, member: int) -> float:
    """Return what one layer owes on losses accumulated to `loss`, after the quota share, USD: (2) with (1 + n) l.

    Parameters
    ----------
    loss : USD >= 0, what the quota share leaves.
    programme : the treaties.
    layer, member : indices.
    """
    capacity = programme.limit[layer, member] * (1.0 + programme.reinstatements[layer, 0])
    return min(max(loss - programme.attachment[layer, member], 0.0), capacity)


@rule
def recovered(loss: float, programme: Programme, member: int) -> float:
    """Return what a programme owes one member on losses accumulated to `loss`, USD >= 0."""
    quota, ceded = loss * programme.quota, 0.0
    for layer in range(programme.attachment.shape[0]):
        ceded += layer_paid(loss - quota, programme, layer, member)
    ceded = quota + ceded
    return ceded + min(max(loss - ceded - programme.stop_retention[member], 0.0), programme.stop_limit)


@rule
def refilled(loss: float, programme: Programme, member: int) -> float:
    """Return the limits of one member refilled by `loss`, as a multiple of the limit and summed over layers."""
    found, left = 0.0, loss - loss * programme.quota
    for layer in range(programme.attachment.shape[0]):
        limit = programme.limit[layer, member]
        part = min(layer_paid(left, programme, layer, member), limit * programme.reinstatements[layer, 0])
        found += part / limit if limit > 0.0 else 0.0
    return found


@kernel
def recover_each(loss: Array, programme: Programme, out: Array) -> None:
    """Write what a programme owes on each loss, (n,) USD; one of a single member holds for all."""
    for at in range(loss.shape[0]):
        out[at] = recovered(loss[at], programme, min(at, programme.stop_retention.shape[0] - 1))


@kernel
def refill_each(loss: Array, programme: Programme, out: Array) -> None:
    """Write the limits refilled by each loss, (n,); a programme of a single member holds for all."""
    for at in range(loss.shape[0]):
        out[at] = refilled(loss[at], programme, min(at, programme.stop_retention.shape[0] - 1))


def recoverable(loss: Array, programme: Programme) -> Array:
    """Return what a programme owes on losses accumulated to `loss`, (members,) USD."""
    owed = np.empty_like(loss)
    recover_each(loss, programme, owed)
    return owed


def reinstated(loss: Array, programme: Programme) -> Array:
    """Return the limits refilled by `loss`, as a multiple of the limit and summed over layers, (members,)."""
    again = np.empty_like(loss)
    refill_each(loss, programme, again)
    return again
