"""All or nothing: a deficit that fund and pool cannot take whole is not taken at all.

dYdX v4 refuses a liquidation whose loss its fund cannot pay in full and deleverages instead. Protocols are taken in
order of arrival; what a pool promises to one is not available to the next, so a claim that the pool must cut is
promised only to the first. Units: USD.
"""

import numpy as np

from agents.core.kernel import rule
from agents.core.rank import ascending
from model.backstop.trigger.base import Means, Trigger

Array = np.ndarray


@rule
def spare_not_whole(deficit: Array, means: Means, left: Array, mirror: Array, order: Array, spared: Array) -> None:
    """Write whose deficit cannot be paid whole.

    Parameters
    ----------
    deficit : (members,) USD >= 0.
    means : the money available.
    left : (pots,) USD >= 0, of what anybody may draw, written.
    mirror, order : (members or more,) lists, written.
    spared : (members,) bool, written.
    """
    for j in range(left.shape[0]):
        left[j] = means.shared[j]
    for i in range(deficit.shape[0]):
        spared[i] = False
    ascending(means.priority, deficit.shape[0], mirror, order)
    for at in range(deficit.shape[0]):
        i = order[at]
        if deficit[i] > 0.0:
            pool = means.pool_of[i]
            needed = max(deficit[i] - means.own[i] - means.after[i], 0.0)
            given = min(means.promised[i], means.reserved[i] + left[pool])
            cut = given < means.promised[i] and left[pool] < means.shared[pool]
            spared[i] = needed > given or cut
            if not spared[i]:
                left[pool] -= max(given - means.reserved[i], 0.0)


class Whole(Trigger):
    """Deficits beyond what the layers can pay in full go to the loss regime whole."""

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose deficit cannot be paid whole."""
        spared, lists = np.zeros(len(deficit), bool), (np.empty(len(deficit)), np.empty(len(deficit), np.int64))
        spare_not_whole(deficit, means, np.empty_like(means.shared), *lists, spared)
        return spared
