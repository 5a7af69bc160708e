"""Multilevel splitting: the probability of a rare event as a product of larger ones.

A process is run from its beginning; its importance is a number that rises on the way to the event. Paths that reach
level 1 < … < m are split: each new path shares one's past up to the first step at that level and goes on with fresh
draws. With the share R_k of N paths that reach level k from level k − 1,

    P = R_1 R_2 … R_m,                                                                          (1)

which has mean P(importance reaches level m) exactly, for any fixed levels, N and importance (fixed effort): only its
variance depends on how well they are chosen. Levels come from a trial of its own, each the importance that one path in
`share` reaches. Paths of one product share ancestors, so its spread is taken from independent repetitions.

The process is a function of a *path*: the steps at which its draws begin again, with the number of the replication that
they are then taken from. The same past is the same draws, replayed; so any process that is a function of its draws can
be split without copying its state. No command uses it yet: it can check importance sampling for any process with an
importance, and tests check it on a random walk.

References: Glasserman, Heidelberger, Shahabuddin and Zajic (1999), Operations Research 47:585; Garvels (2000),
*The Splitting Method in Rare Event Simulation*, ch. 2; L'Ecuyer, Demers and Tuffin (2007), ACM TOMACS 17:9.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.study.rare.probability import interval

Floats = NDArray[np.float64]
MOST_LEVELS = 60


class Splice(NamedTuple):
    """From `step` on, draws are those of `replication`."""

    step: int
    replication: int


Path = tuple[Splice, ...]
Simulate = Callable[[Sequence[Path]], Floats]
"""Returns (n, steps) importance of n paths, never falling, inf from the step at which the event has come."""


class Split(NamedTuple):
    """Repetitions of equation (1)."""

    products: Floats  # (repetitions,)
    paths: int  # simulated in all, each over all steps

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

    def gain(self) -> float:
        """Return plain Monte Carlo's variance with as many paths over this variance, NaN where it is not known."""
        if not self.error > 0.0:
            return math.nan
        return self.value * (1.0 - self.value) / self.paths / self.error**2


class Numbers:
    """Numbers of replications that have not been used."""

    def __init__(self, first: int) -> None:
        self._next = first

    def take(self, number: int) -> range:
        """Return the next `number` of them."""
        self._next += number
        return range(self._next - number, self._next)


def split(simulate: Simulate, levels: Sequence[float], number: int, repetitions: int, numbers: Numbers) -> Split:
    """Return the probability that the importance reaches the last of `levels`.

    Parameters
    ----------
    simulate : the process.
    levels : rising; the last is inf where the event itself is meant.
    number : paths for each level, N.
    repetitions : independent products, at least 2.
    numbers : replications to draw from.
    """
    products, paths = np.zeros(repetitions), 0
    for r in range(repetitions):
        current, product = beginnings(numbers, number), 1.0
        for level in levels:
            importance = simulate(current)
            paths += number
            reached = importance[:, -1] >= level
            product *= float(reached.mean())
            if not reached.any():
                break
            current = branched(current, importance, level, numbers)
        products[r] = product
    return Split(products, paths)


def chosen_levels(simulate: Simulate, number: int, share: float, numbers: Numbers) -> tuple[list[float], int]:
    """Return levels that one path in 1 / `share` reaches from the one before, to inf, and the paths it took.

    Parameters
    ----------
    simulate : the process.
    number : paths for each level.
    share : of them that is to reach the next level, in (0, 1).
    numbers : replications to draw from.
    """
    levels: list[float] = []
    current = beginnings(numbers, number)
    while len(levels) < MOST_LEVELS:
        importance = simulate(current)
        level = float(np.quantile(importance[:, -1], 1.0 - share, method="higher"))
        if np.isinf(level) or (levels and level <= levels[-1]):
            break
        levels.append(level)
        current = branched(current, importance, level, numbers)
    return [*levels, math.inf], number * (len(levels) + 1)


def beginnings(numbers: Numbers, number: int) -> list[Path]:
    """Return paths that share nothing."""
    return [(Splice(0, replication),) for replication in numbers.take(number)]


def branched(paths: Sequence[Path], importance: Floats, level: float, numbers: Numbers) -> list[Path]:
    """Return as many new paths from those that reached `level`, each used equally often, or once more by lot.

    Parameters
    ----------
    paths : of the level before.
    importance : (paths, steps), never falling, inf from the event on.
    level : that they are to have reached.
    numbers : replications to draw from.
    """
    steps = importance.shape[1]
    reached = np.flatnonzero(importance[:, -1] >= level)
    first = (importance[reached] >= level).argmax(axis=1) + 1
    fresh = numbers.take(len(paths))
    order = np.random.default_rng(fresh.start).permutation(len(reached))
    parents = [int(order[i % len(reached)]) for i in range(len(paths))]
    return [
        (*paths[reached[parent]], Splice(int(first[parent]), replication))
        if first[parent] < steps
        else paths[reached[parent]]
        for parent, replication in zip(parents, fresh, strict=True)
    ]
