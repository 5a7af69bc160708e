"""Multilevel splitting: the probability of a rare event as a product of larger ones.

A process is run from its beginning; its importance is a number that rises on the way to the event. Paths that reach
level 1 < … < m are split: each new path starts from one's state at the first step at that level and goes on with fresh
draws. With the share R_k of N paths that reach level k from level k − 1,

    P = R_1 R_2 … R_m,                                                                          (1)

which has mean P(importance reaches level m) exactly, for any fixed levels, N and importance (fixed effort): only its
variance depends on how well they are chosen. Levels come from a trial of its own, each the importance that one path in
1 / `share` reaches. Paths of one product share ancestors, so its spread is taken from independent repetitions.

Work is counted in steps, those of the trial included, over the steps of a whole path. A path that reaches its level
stops there and one that starts late has fewer steps to go, so that N paths of a level are less work than N whole ones.
The trial sends its paths to the end, and those that count once more, on the same draws, to the level they have shown.

References: Glasserman, Heidelberger, Shahabuddin and Zajic (1999), Operations Research 47:585; Garvels (2000),
*The Splitting Method in Rare Event Simulation*, ch. 2; L'Ecuyer, Demers and Tuffin (2007), ACM TOMACS 17:9.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from experiments.study.rare.probability import interval

Floats = NDArray[np.float64]
MOST_LEVELS = 60


class Reached[State](NamedTuple):
    """Where a path has come to."""

    state: State  # at the first step at its level, or at the end
    importance: float  # the highest so far; inf where the event has come
    steps: int  # simulated since it started


class Process[State](Protocol):
    """A process whose state can be taken up again."""

    length: int  # steps of a whole path

    def begin(self, replication: int) -> Reached[State]:
        """Return a path at its beginning, which no other shares."""

    def onward(self, start: State, replication: int, level: float) -> Reached[State]:
        """Go on from a state with other draws until the importance is at least `level`, or to the end."""


class Product(NamedTuple):
    """One repetition of equation (1)."""

    value: float
    work: float  # whole paths' worth of steps
    shares: tuple[float, ...]  # R_k of every level, up to the first that no path reached


class Split(NamedTuple):
    """Repetitions of equation (1)."""

    products: Floats  # (repetitions,)
    work: float  # whole paths' worth of steps, in all
    shares: tuple[tuple[float, ...], ...] = ()  # of every repetition

    @classmethod
    def of(cls, found: Sequence[Product]) -> Self:
        """Return these repetitions together."""
        values, work = np.array([one.value for one in found]), sum(one.work for one in found)
        return cls(values, work, tuple(one.shares for one in found))

    def passages(self, levels: int) -> Floats:
        """Return (repetitions, levels) what every repetition says of the probability to come as far as each level."""
        shares = np.zeros((len(self.shares), levels))
        for row, known in zip(shares, self.shares, strict=True):
            row[: len(known)] = known
        return np.cumprod(shares, axis=1)

    @property
    def value(self) -> float:
        """The estimate."""
        return float(self.products.mean())

    @property
    def error(self) -> float:
        """Its standard error."""
        return float(self.products.std(ddof=1)) / math.sqrt(len(self.products))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of :mod:`experiments.study.rare.probability`; NaN where no repetition reached the event."""
        if not self.value > 0.0:
            return math.nan, math.nan
        return interval(self.value, self.error, len(self.products) - 1.0)

    def gain(self, search: float = 0.0) -> float:
        """Return plain Monte Carlo's variance at equal work, `search` included, over this one; NaN if not known."""
        if not self.error > 0.0:
            return math.nan
        return self.value * (1.0 - self.value) / (self.work + search) / self.error**2


class Numbers:
    """Numbers of replications that have not been used."""

    def __init__(self, first: int) -> None:
        self._next = first

    def take(self, number: int) -> range:
        """Return the next `number` of them."""
        self._next += number
        return range(self._next - number, self._next)


class Crowd[State]:
    """The paths of one product, all at one level.

    Parameters
    ----------
    process : what is run.
    number : of paths, N.
    numbers : replications to draw from.
    """

    def __init__(self, process: Process[State], number: int, numbers: Numbers) -> None:
        self.process, self.numbers = process, numbers
        self.paths = [process.begin(replication) for replication in numbers.take(number)]
        self.steps = 0

    def sent(self, level: float, fresh: Sequence[int]) -> list[Reached[State]]:
        """Return all paths sent on to `level`, each with draws of its own, those already there as they are."""
        return [self._sent(path, replication, level) for path, replication in zip(self.paths, fresh, strict=True)]

    def _sent(self, path: Reached[State], replication: int, level: float) -> Reached[State]:
        if path.importance >= level:
            return path
        found = self.process.onward(path.state, replication, level)
        self.steps += found.steps
        return found._replace(importance=max(path.importance, found.importance))

    def split(self, reached: Sequence[Reached[State]]) -> None:
        """Let as many paths as before start where `reached` are: each used equally often, or once more by lot."""
        order = np.random.default_rng(self.numbers.take(1).start).permutation(len(reached))
        parents = sorted(i % len(reached) for i in range(len(self.paths)))  # siblings in a row share cached draws
        self.paths = [reached[int(order[parent])] for parent in parents]


def split[State](
    process: Process[State], levels: Sequence[float], number: int, repetitions: int, numbers: Numbers
) -> Split:
    """Return the probability that the importance reaches the last of `levels`.

    Parameters
    ----------
    process : what is run.
    levels : rising; the last is inf where the event itself is meant.
    number : paths for each level, N.
    repetitions : independent products, at least 2.
    numbers : replications to draw from.
    """
    return Split.of([product(process, levels, number, numbers) for _ in range(repetitions)])


def product[State](process: Process[State], levels: Sequence[float], number: int, numbers: Numbers) -> Product:
    """Return one product (1), and its work in whole paths.

    Parameters
    ----------
    process : what is run.
    levels : rising; the last is inf where the event itself is meant.
    number : paths for each level, N.
    numbers : replications to draw from.
    """
    crowd, value, shares = Crowd(process, number, numbers), 1.0, list[float]()
    for level in levels:
        reached = [path for path in crowd.sent(level, numbers.take(number)) if path.importance >= level]
        shares.append(len(reached) / number)
        value *= shares[-1]
        if not reached:
            break
        crowd.split(reached)
    return Product(value, crowd.steps / process.length, tuple(shares))


def chosen_levels[State](
    process: Process[State], number: int, share: float, numbers: Numbers
) -> tuple[list[float], float]:
    """Return levels that one path in 1 / `share` reaches from the one before, to inf, and the work in whole paths.

    Parameters
    ----------
    process : what is run.
    number : paths for each level.
    share : of them that is to reach the next level, in (0, 1).
    numbers : replications to draw from.
    """
    crowd, levels = Crowd(process, number, numbers), list[float]()
    while len(levels) < MOST_LEVELS:
        fresh = numbers.take(number)
        ends = crowd.sent(math.inf, fresh)
        level = float(np.quantile([end.importance for end in ends], 1.0 - share, method="higher"))
        if np.isinf(level) or (levels and level <= levels[-1]):
            break
        levels.append(level)
        crowd.split([path for path in crowd.sent(level, fresh) if path.importance >= level])
    return [*levels, math.inf], crowd.steps / process.length
