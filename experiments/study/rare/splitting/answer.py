"""The answer of splitting: of every arrangement and seed its levels and its repetitions, and what follows from them."""

import math
from typing import NamedTuple

import numpy as np

from experiments.study.rare.probability import interval, spread
from experiments.study.rare.search import Event
from experiments.study.rare.splitting.fixed_effort import Split

REPETITIONS = 20


class SplitEffort(NamedTuple):
    """How much is spent on what."""

    pilot: int  # paths of a level of the trial
    seeds: int
    repetitions: int = REPETITIONS  # of every seed


class Searched(NamedTuple):
    """The levels of one seed of an arrangement, and the work of the trial, whole runs."""

    levels: tuple[float, ...]
    work: float


class SplitArrangement(NamedTuple):
    """The results of one arrangement, a seed each."""

    name: str
    searched: tuple[Searched, ...]
    splits: tuple[Split, ...]

    @property
    def pooled(self) -> tuple[float, float, float, float]:
        """Mean of the seeds, and its standard errors: by their own, by their spread, the larger of the two."""
        return spread([one.value for one in self.splits], [one.error for one in self.splits])

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; NaN where no repetition reached the event."""
        value, _, _, error = self.pooled
        return interval(value, error, self.effective - 1.0) if value > 0.0 else (math.nan, math.nan)

    @property
    def products(self) -> np.ndarray:
        """Products of all seeds, (seeds × repetitions,)."""
        return np.concatenate([one.products for one in self.splits])

    @property
    def effective(self) -> float:
        """Number of products of equal weight with as much information, 0 where none is above zero."""
        products = self.products
        return float(products.sum() ** 2 / (products @ products)) if products.any() else 0.0

    @property
    def search(self) -> float:
        """Work of the trials, whole runs."""
        return sum(one.work for one in self.searched)

    @property
    def work(self) -> float:
        """Work of trials and repetitions, whole runs."""
        return self.search + sum(one.work for one in self.splits)

    def gains(self) -> list[float]:
        """Return the gain over plain replications at equal work of every seed, NaN where it had no event."""
        return [one.gain(trial.work) for one, trial in zip(self.splits, self.searched, strict=True)]


class SplitAnswer(NamedTuple):
    """The answer of all seeds."""

    event: Event
    paths: int  # of a level in one repetition
    repetitions: int  # of every seed
    seeds: tuple[int, ...]
    arrangements: tuple[SplitArrangement, ...]
