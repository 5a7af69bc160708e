"""The least isolated fund that covers each member in each replication, searched for all members at once.

With isolated funds a member's fund pays for that member alone, so one run with funds f shows for every member whether
its own fund is enough. The critical fund of each member in each replication is searched separately: the first trial is
its value if losses did not depend on the capital, then steps of 2, 4, 8, … % up or down until it is bracketed, then
bisection. The sizes of the other funds during the search are taken not to matter; the result is judged by whole runs.
Critical funds too small to be one of the order statistics needed are only bounded from above.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.study.size.target import CENT

# Rounds before no fund is taken to be enough, and the smallest fund tried, USD.
ROUNDS = 48
LEAST = CENT / 10.0

type Floats = NDArray[np.float64]
type Trial = Callable[[Sequence[int], Floats], NDArray[np.bool_]]


class Critical:
    """The bracket of the critical fund of each member in each replication.

    Parameters
    ----------
    trial : called with indices of replications and their funds, (indices, protocols) USD; returns which are uncovered.
    guess : (replications, protocols) USD, where to begin; zero where no fund should be needed.
    losses : (replications, protocols) USD; who loses nothing needs nothing.
    tolerance : relative width at which a bracket is closed.
    floor : (protocols,) USD, below which critical funds need not be told apart.

    Attributes
    ----------
    holds : (replications, protocols) USD, the least fund seen to be enough, at least the floor where there is a loss;
        infinite where none is.
    runs : replications run.
    """

    def __init__(
        self, trial: Trial, guess: Floats, losses: Floats, tolerance: float = 0.01, floor: Floats | float = 0.0
    ) -> None:
        self.trial, self.tolerance, self.floor = trial, tolerance, floor
        self.fails = np.full(losses.shape, -np.inf)
        self.holds = np.where(losses > CENT, np.inf, 0.0)
        self.runs = 0
        self._next = np.maximum(np.where(guess > LEAST, guess * (1.0 - tolerance / 2.0), 0.0), floor)
        self._floor = np.maximum(np.maximum(tolerance * losses, LEAST), floor)
        self._stride = np.full(losses.shape, 1.0 + tolerance)
        for _ in range(ROUNDS):
            if not self._round():
                break

    def _round(self) -> bool:
        """Run once more every replication with an open bracket; return whether there was any."""
        open_ = self._open()
        rows = np.flatnonzero(open_.any(axis=1))
        if not len(rows):
            return False
        funds = np.where(open_, self._next, np.where(np.isfinite(self.holds), self.holds, self._next))[rows]
        failed = self.trial([int(row) for row in rows], funds)
        self.runs += len(rows)
        self.fails[rows] = np.where(failed, np.maximum(self.fails[rows], funds), self.fails[rows])
        self.holds[rows] = np.where(failed, self.holds[rows], np.minimum(self.holds[rows], funds))
        self._choose()
        return True

    def _open(self) -> NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):
            wide = self.holds - np.maximum(self.fails, 0.0) > self.tolerance * self.holds
        return (self.holds > self._floor) & (wide | np.isinf(self.holds)) & (self.fails < self.holds)

    def _choose(self) -> None:
        """Choose the next funds: growing steps until bracketed, then the middle of the bracket."""
        above, below = np.isinf(self.holds), np.isinf(self.fails)
        start = np.maximum(self.fails, self._floor)
        with np.errstate(invalid="ignore", over="ignore"):
            middle = (self.fails + self.holds) / 2.0
            down = np.maximum(self.holds / self._stride, self.floor)
            self._next = np.where(above, start * self._stride, np.where(below, down, middle))
        self._stride = np.minimum(np.where(above | below, self._stride**2, self._stride), 4.0)
