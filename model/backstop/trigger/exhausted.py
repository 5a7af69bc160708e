"""The fund pays until it is exhausted; the loss regime takes what is left."""

import numpy as np

from model.backstop.trigger.base import Means, Trigger


class Exhausted(Trigger):
    """No deficit is kept from the funds (the order of most venues)."""

    selects = False

    def spared(self, deficit: np.ndarray, means: Means) -> np.ndarray:
        """Return nobody."""
        return np.zeros(len(deficit), bool)
