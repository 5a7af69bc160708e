"""Lending out part of a fund: it earns, and is not at hand when it is needed.

A share λ of every fund and pot is lent at a yearly rate y. A deficit is paid from what is at hand; what that cannot
pay is recalled. Recalled money arrives after a delay, less a haircut h that leaves the ecosystem (the price of selling
in a hurry: a stablecoin or staking token below par). While nothing is on its way back, lending returns to its share.
Units: USD.
"""

import numpy as np

Array = np.ndarray


def to_lend(cash: Array, lent: Array, share: float) -> Array:
    """Return what may be lent more to reach the share, USD >= 0."""
    return np.maximum(np.minimum(share * (cash + lent) - lent, cash), 0.0)


def to_recall(missing: Array, free: Array, haircut: float) -> Array:
    """Return what must be recalled for `missing` to arrive, at most what is `free`; before the haircut, USD."""
    return np.minimum(missing / (1.0 - haircut), free)


class Recall:
    """Money on its way back, by the step at which it arrives.

    Parameters
    ----------
    delay : steps from recall to arrival.
    columns : funds, or pots.
    """

    def __init__(self, delay: int, columns: int) -> None:
        self.coming = np.zeros((delay + 1, columns))

    @property
    def total(self) -> Array:
        """What is on its way, (columns,) USD, before the haircut."""
        return self.coming.sum(axis=0)

    def call(self, amounts: Array, step: int) -> None:
        """Recall `amounts` at `step`."""
        self.coming[(step - 1) % len(self.coming)] += amounts

    def arrive(self, step: int) -> Array:
        """Return what arrives at `step`, and forget it."""
        slot = step % len(self.coming)
        arrived = self.coming[slot].copy()
        self.coming[slot] = 0.0
        return arrived
