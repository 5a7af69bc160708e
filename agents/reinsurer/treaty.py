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

Array = np.ndarray


class Programme(NamedTuple):
    """A member's treaties, stacked; arrays of (layers, members) and (members,)."""

    quota: float  # 1, share of every loss
    attachment: Array  # (layers, members) USD
    limit: Array  # (layers, members) USD
    reinstatements: Array  # (layers, 1) number
    stop_retention: Array  # (members,) USD
    stop_limit: float  # USD


def quota_share(loss: Array | float, share: Array | float) -> Array:
    """Return the payment (1) of a quota share; arrays broadcast."""
    return np.asarray(loss, dtype=float) * share


def excess_of_loss(loss: Array | float, attachment: Array | float, limit: Array | float) -> Array:
    """Return the payment (2) of an excess-of-loss layer; arrays broadcast."""
    return np.minimum(np.maximum(np.asarray(loss, dtype=float) - attachment, 0.0), limit)


def stop_loss(loss: Array | float, retention: Array | float, limit: Array | float = np.inf) -> Array:
    """Return the payment (3) of a stop-loss treaty on an aggregate loss; arrays broadcast."""
    return excess_of_loss(loss, retention, limit)


def layer_capacity(limit: Array | float, reinstatements: Array | float) -> Array:
    """Return the most a layer pays in all: (1 + n) l; arrays broadcast."""
    return np.asarray(limit, dtype=float) * (1.0 + np.asarray(reinstatements, dtype=float))


def layer_increment(before: Array, after: Array, attachment: Array, limit: Array) -> Array:
    """Return what a layer owes for losses growing from `before` to `after`, (members,) USD.

    Parameters
    ----------
    before, after : (members,) USD >= 0, losses accumulated so far.
    attachment : (members,) USD >= 0, loss from which on the layer pays.
    limit : (members,) USD >= 0, most that it pays in all.
    """
    return excess_of_loss(after, attachment, limit) - excess_of_loss(before, attachment, limit)


def reinstatement_premium(
    premium: Array | float, paid: Array | float, limit: Array | float, reinstatements: Array | float
) -> Array:
    """Return the premium for refilling a layer that paid `paid` in all: P min(paid, n l) / l, arrays broadcast.

    Parameters
    ----------
    premium : P, USD, of the layer.
    paid : USD >= 0, so far.
    limit : l, USD >= 0, of the layer.
    reinstatements : n, how often it is refilled.
    """
    refilled = np.minimum(paid, np.asarray(limit, dtype=float) * reinstatements)
    return premium * np.divide(refilled, limit, out=np.zeros_like(refilled), where=np.asarray(limit) > 0.0)


def recoverable(loss: Array, programme: Programme) -> Array:
    """Return what a programme owes on losses accumulated to `loss`, (members,) USD."""
    quota = quota_share(loss, programme.quota)
    capacity = layer_capacity(programme.limit, programme.reinstatements)
    ceded = quota + excess_of_loss(loss - quota, programme.attachment, capacity).sum(axis=0)
    return ceded + stop_loss(loss - ceded, programme.stop_retention, programme.stop_limit)


def reinstated(loss: Array, programme: Programme) -> Array:
    """Return the limits refilled by `loss`, as a multiple of the limit and summed over layers, (members,)."""
    capacity = layer_capacity(programme.limit, programme.reinstatements)
    paid = excess_of_loss(loss - quota_share(loss, programme.quota), programme.attachment, capacity)
    return reinstatement_premium(1.0, paid, programme.limit, programme.reinstatements).sum(axis=0)
