"""All or nothing: a deficit that fund and pool cannot take whole is not taken at all.

dYdX v4 refuses a liquidation whose loss its fund cannot pay in full and deleverages instead. Protocols are taken in
order of arrival; what a pool promises to one is not available to the next, so a claim that the pool must cut is
promised only to the first. Units: USD.
"""

import numpy as np

from model.backstop.trigger.base import Means, Trigger

Array = np.ndarray


class Whole(Trigger):
    """Deficits beyond what the layers can pay in full go to the loss regime whole."""

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose deficit cannot be paid whole."""
        spared, left = np.zeros(len(deficit), bool), means.shared.copy()
        for i in sorted(np.flatnonzero(deficit), key=lambda member: means.priority[member]):
            pool = means.pool_of[i]
            needed = max(deficit[i] - means.own[i] - means.after[i], 0.0)
            given = min(means.promised[i], means.reserved[i] + left[pool])
            cut = given < means.promised[i] and left[pool] < means.shared[pool]
            spared[i] = needed > given or cut
            left[pool] -= 0.0 if spared[i] else max(given - means.reserved[i], 0.0)
        return spared
