"""The circuit breaker of an asset: trading stops for a while after the price has moved too far, too fast.

With mid prices p_s of the last steps (a window), it trips when max |ln(p / p_s)| reaches the limit, up or down, as the
dynamic circuit breakers of CME do against the extremes of a rolling hour, for two minutes. While an asset is halted
no order on it is filled at any protocol, and where the rule says so liquidations are suspended too. The market reopens
with a fresh window, so a move that has been waited out does not trip it again.
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray


def largest_move(price: Array, seen: Array) -> Array:
    """Return max |ln(p / p_s)| of each asset, (assets,); `price` (assets,) USD, `seen` (window, assets) USD."""
    return np.abs(np.log(price / seen)).max(axis=0)


class Watch(NamedTuple):
    """What circuit breakers remember."""

    seen: Array  # (window, assets) USD > 0, mid prices of the last steps since the last reopening, in turn
    left: Array  # (assets,) steps for which trading is still halted
    step: Array  # (1,) steps watched so far


class CircuitBreaker:
    """The circuit breakers of all assets.

    Parameters
    ----------
    limit : log price move that trips one.
    window, halt : steps looked back, steps a halt lasts, at least 1 each.
    price : (assets,) USD, mid prices at the start.
    """

    def __init__(self, limit: float, window: int, halt: int, price: Array) -> None:
        self.limit, self.halt = limit, halt
        self.memory = Watch(np.tile(price, (window, 1)), np.zeros(len(price)), np.zeros(1, dtype=np.int64))
        self.seen, self.left, self.watched = self.memory

    def observe(self, price: Array) -> Array:
        """Take the mid prices at the end of a step, (assets,) USD; return the steps each asset is halted for."""
        halted = self.left > 0.0
        tripped = ~halted & (largest_move(price, self.seen) >= self.limit)
        self.left[:] = np.where(tripped, float(self.halt), np.maximum(self.left - 1.0, 0.0))
        self.seen[self.watched[0] % len(self.seen)] = price
        self.watched += 1
        self.seen[:, halted | tripped] = price[halted | tripped]
        return self.left
