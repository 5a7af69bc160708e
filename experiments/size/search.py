"""The least capital that leaves at most so many replications uncovered, by bisection on common random numbers.

Every replication is the same world at every capital, and one that is covered at some capital is taken to be covered
at any larger one. So each trial runs only the replications whose outcome at that capital does not yet follow from
earlier trials; as the bracket closes these are the few with a critical capital inside it.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Factor between trials on the way up, and how many of them before no capital is taken to be enough.
STEP, STEPS = 1.25, 64
# Part of the guess below which nothing is needed.
LEAST = 1e-4

type Trial = Callable[[Sequence[int], float], NDArray[np.bool_]]


class Search:
    """What is known of each replication's critical capital.

    Parameters
    ----------
    trial : called with indices of replications and a capital; returns which of them are uncovered then.
    number : replications.
    tolerance : relative width of the bracket at which bisection stops.
    lossless : (number,) bool, replications that need no capital at all.

    Attributes
    ----------
    fails, holds : (number,) the largest capital seen to be too small and the smallest seen to be enough.
    runs : replications run so far.
    """

    def __init__(self, trial: Trial, lossless: NDArray[np.bool_], tolerance: float = 0.01) -> None:
        self.trial, self.number, self.tolerance = trial, len(lossless), tolerance
        self.fails = np.full(self.number, -np.inf)
        self.holds = np.where(lossless, 0.0, np.inf)
        self.runs = 0

    def uncovered(self, capital: float) -> int:
        """Return in how many replications something is uncovered at `capital`, running those not yet known."""
        unknown = np.flatnonzero((self.fails < capital) & (capital < self.holds))
        if len(unknown):
            failed = self.trial([int(index) for index in unknown], capital)
            self.fails[unknown[failed]] = capital
            self.holds[unknown[~failed]] = capital
            self.runs += len(unknown)
        return int((self.fails >= capital).sum())

    def least(self, rank: int, guess: float) -> float:
        """Return the `rank`-th smallest critical capital within the tolerance, from above; inf if none is enough.

        Parameters
        ----------
        rank : from 1 to the number of replications; 0 is no capital at all.
        guess : capital > 0 expected to be a little too small: what holds there is not run again.
        """
        allowed = self.number - rank
        if allowed < 0:
            return np.inf
        if rank == 0 or int((self.holds > 0.0).sum()) <= allowed:
            return 0.0
        low, high = self._bracket(allowed, guess)
        while np.isfinite(high) and high - low > self.tolerance * high:
            middle = (low + high) / 2.0
            low, high = (middle, high) if self.uncovered(middle) > allowed else (low, middle)
        return high

    def _bracket(self, allowed: int, guess: float) -> tuple[float, float]:
        """Return capitals too small and large enough: steps of a quarter up from the guess, or halves down."""
        low, high = guess, STEP * guess
        while self.uncovered(low) <= allowed:
            if low < LEAST * guess:
                return low, low
            low, high = low / 2.0, low
        for _ in range(STEPS):
            if self.uncovered(high) <= allowed:
                return low, high
            low, high = high, STEP * high
        return np.inf, np.inf
