"""The default waterfall: layers that pay one after the other, each up to what it has.

Layers of size lₖ, in order, pay of a loss L

    xₖ = min(max(L − Σ_{m<k} lₘ, 0), lₖ)                                                      (1)

so each is an excess-of-loss layer that attaches where those before it are used up; what Σ l does not cover is unpaid.
The order of a clearing house: the defaulter's margin and contribution, the house's skin in the game, the survivors'
contributions, assessments (PFMI; EMIR, article 45). At Nasdaq Clearing in September 2018 a loss of EUR 114M beyond the
defaulter's own resources took EUR 7M of the house and EUR 107M of the members' EUR 166M. Units: those of the loss.
"""

import numpy as np

from agents.reinsurer.treaty import excess_of_loss
from model.backstop.pool import pro_rata

Array = np.ndarray


def waterfall(loss: Array | float, layers: Array) -> Array:
    """Return what each layer pays (1).

    Parameters
    ----------
    loss : USD >= 0, a number or (n,).
    layers : USD >= 0, (k,) or (k, n), in the order in which they pay.

    Returns
    -------
    (k,) for a number and (k,) layers, else (k, n).
    """
    sizes = np.asarray(layers, dtype=float)
    if np.ndim(loss) == 1 and sizes.ndim == 1:
        sizes = sizes[:, np.newaxis]
    before = np.zeros_like(sizes)
    np.cumsum(sizes[:-1], axis=0, out=before[1:])
    return excess_of_loss(loss, before, sizes)


def contribute_pro_rata(room: Array, amount: float) -> Array:
    """Return what each survivor pays of `amount`, in proportion to its room and never more, (members,) USD."""
    return pro_rata(room, amount, room, room)
