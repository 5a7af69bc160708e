"""The least capital that leaves at most so many replications uncovered, by bisection on common random numbers.

Every replication is the same world at every capital, and a member that is covered at some capital is taken to be
covered at any larger one. So each trial runs only the replications whose outcome at that capital does not yet follow
from earlier trials; as the bracket closes these are the few with a critical capital inside it.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Factor between trials on the way up, and how many of them before no capital is taken to be enough.
STEP, STEPS = 1.25, 64
# Share of the guess below which no capital is needed.
LEAST = 1e-4

type Trial = Callable[[Sequence[int], float], NDArray[np.bool_]]
type Rows = NDArray[np.int64]
type Flags = NDArray[np.bool_]


class Search:
    """The bracket of the critical capital of each member in each replication.

    Parameters
    ----------
    trial : called with indices of replications and a capital; returns who is uncovered then, (indices, protocols).
    lossless : (replications, protocols) bool, who needs no capital at all.
    tolerance : relative width of the bracket at which bisection stops.

    Attributes
    ----------
    fails, holds : (replications, protocols) the largest capital seen to be too small and the smallest to be enough.
    runs : replications run so far.
    """

    def __init__(self, trial: Trial, lossless: Flags, tolerance: float = 0.01) -> None:
        self.trial, self.tolerance = trial, tolerance
        self.rows = np.arange(len(lossless))
        self.fails = np.full(lossless.shape, -np.inf)
        self.holds = np.where(lossless, 0.0, np.inf)
        self.runs = 0

    def uncovered(self, capital: float, rows: Rows) -> Flags:
        """Return who is uncovered at `capital` in `rows`, (rows, protocols), running those not yet known."""
        if np.isinf(capital):
            return np.isinf(self.holds[rows])
        self._run(rows[self._unknown(capital, rows).any(axis=1)], capital)
        return self.fails[rows] >= capital

    def any_uncovered(self, capital: float, rows: Rows) -> int:
        """Return in how many of `rows` anybody is uncovered at `capital`, running those not yet known."""
        settled = (self.fails[rows] >= capital).any(axis=1)
        self._run(rows[self._unknown(capital, rows).any(axis=1) & ~settled], capital)
        return int((self.fails[rows] >= capital).any(axis=1).sum())

    def each_uncovered(self, capital: float, rows: Rows) -> int:
        """Return in how many of `rows` the member that is uncovered most often is so at `capital`."""
        return int(self.uncovered(capital, rows).sum(axis=0).max())

    def least(self, rank: int, guess: float, rows: Rows | None = None, each: bool = False) -> float:
        """Return the least capital at which all but n - `rank` of n `rows` leave nobody uncovered, from above.

        Parameters
        ----------
        rank : from 1 to the number of rows; 0 is no capital at all. Infinite where no capital is enough.
        guess : capital > 0 expected to be a little too small: what holds there is not run again.
        rows : indices of replications, all by default.
        each : ask that of every member by itself, instead of all together.
        """
        chosen = self.rows if rows is None else rows
        allowed, exposed = len(chosen) - rank, self.holds[chosen] > 0.0
        if allowed < 0:
            return np.inf
        if rank == 0 or int(exposed.sum(axis=0).max() if each else exposed.any(axis=1).sum()) <= allowed:
            return 0.0
        count = self.each_uncovered if each else self.any_uncovered
        return self._bisected(lambda capital: count(capital, chosen) <= allowed, guess)

    def _bisected(self, enough: Callable[[float], bool], guess: float) -> float:
        low, high = _bracket(enough, guess)
        while np.isfinite(high) and high - low > self.tolerance * high:
            middle = (low + high) / 2.0
            low, high = (low, middle) if enough(middle) else (middle, high)
        return high

    def _unknown(self, capital: float, rows: Rows) -> Flags:
        return (self.fails[rows] < capital) & (capital < self.holds[rows])

    def _run(self, rows: Rows, capital: float) -> None:
        if not len(rows):
            return
        failed = self.trial([int(index) for index in rows], capital)
        self.fails[rows] = np.where(failed, np.maximum(self.fails[rows], capital), self.fails[rows])
        self.holds[rows] = np.where(failed, self.holds[rows], np.minimum(self.holds[rows], capital))
        self.runs += len(rows)


def _bracket(enough: Callable[[float], bool], guess: float) -> tuple[float, float]:
    """Return capitals too small and large enough: steps of a quarter up from the guess, or halves down."""
    low, high = guess, STEP * guess
    while enough(low):
        if low < LEAST * guess:
            return low, low
        low, high = low / 2.0, low
    for _ in range(STEPS):
        if enough(high):
            return low, high
        low, high = high, STEP * high
    return np.inf, np.inf
