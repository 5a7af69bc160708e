"""The answer of a sizing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.study.size.exposure import Losses
from experiments.study.size.sizing import OWN, Size


class Answer(NamedTuple):
    """The answer: the question, the losses, and the capital each arrangement needs at each target."""

    target: float  # the q of both targets, experiments.study.size.target
    interest: NDArray[np.float64]  # (protocols,) USD, open interest at the start
    weights: NDArray[np.float64]  # (protocols,) share of each in the total capital
    losses: Losses
    sizes: tuple[Size, ...]
    names: tuple[str, ...] = ()  # of the protocols; empty: their numbers

    def called(self, i: int) -> str:
        """Return what protocol `i` is called."""
        return self.names[i] if self.names else str(i)

    def found(self, target: str) -> tuple[Size, ...]:
        """Return the sizes at one target, `each` or `any`."""
        return tuple(size for size in self.sizes if size.target == target)

    def own(self, regime: str, target: str) -> Size:
        """Return isolated funds of their own right sizes under a regime at one target."""
        return next(size for size in self.found(target) if size.structure == OWN and size.regime == regime)
