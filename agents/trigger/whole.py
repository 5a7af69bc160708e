"""All or nothing: a deficit that fund and pot cannot take whole is not taken at all.

dYdX v4 refuses a liquidation whose loss its fund cannot pay in full and deleverages instead. Protocols are asked in
order of arrival; what one is promised of a pot the next cannot have. Units: USD.
"""

import numpy as np

from agents.trigger.base import Means, Trigger

Array = np.ndarray


class Whole(Trigger):
    """Deficits beyond what the layers can pay in full go to the loss regime whole."""

    def spared(self, deficit: Array, means: Means) -> Array:
        """Return whose deficit cannot be paid whole."""
        spared, left = np.zeros(len(deficit), bool), means.shared.copy()
        for i in sorted(np.flatnonzero(deficit), key=lambda member: means.priority[member]):
            needed = max(deficit[i] - means.own[i], 0.0)
            available = min(means.promised[i], left[means.pot[i]])
            spared[i] = needed > available
            left[means.pot[i]] -= 0.0 if spared[i] else needed
        return spared
