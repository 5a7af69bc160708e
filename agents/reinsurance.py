"""Reinsurance treaties: what part of a loss a reinsurer pays.

Excess of loss with attachment d and limit l pays, of a loss L,

    min(max(L − d, 0), l)                                                                      (1)

Applied to the losses of a member accumulated over the run, the payment due at a step is the increase of (1), so a
treaty never pays more than its limit in all (aggregate excess of loss).

References: Klugman, Panjer, Willmot, *Loss Models*, ch. 8. Units: USD.
"""

import numpy as np

Array = np.ndarray


def excess_of_loss(loss: Array | float, attachment: Array | float, limit: Array | float) -> Array:
    """Return the payment (1) of an excess-of-loss layer; arrays broadcast."""
    return np.minimum(np.maximum(np.asarray(loss, dtype=float) - attachment, 0.0), limit)


def layer_increment(before: Array, after: Array, attachment: Array, limit: Array) -> Array:
    """Return what the layer owes for losses growing from `before` to `after`, (members,) USD."""
    return excess_of_loss(after, attachment, limit) - excess_of_loss(before, attachment, limit)
