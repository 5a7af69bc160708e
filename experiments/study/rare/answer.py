"""The answer of a rare-event study: probabilities, paired differences, and the tail beyond the threshold.

A study is repeated with several seeds, pilots included: the tilt that one pilot finds is partly luck, and only
repetition shows how much of the gain is.

The interval of a difference d = P_a − P_b on the same tapes is Newcombe's (1998, Statistics in Medicine 17:2635), from
the ends l, u of the two intervals and the correlation φ of the two estimates,

    from d − √((P_a − l_a)² − 2 φ (P_a − l_a) (u_b − P_b) + (u_b − P_b)²)
    to   d + √((u_a − P_a)² − 2 φ (u_a − P_a) (P_b − l_b) + (P_b − l_b)²),                      (1)

which cannot leave [−1, 1].
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.statistics.interval import clopper_pearson
from experiments.study.rare.calibrated_weight import calibrated
from experiments.study.rare.cross_entropy import Pilot
from experiments.study.rare.probability import Estimate, Probability, estimate, pooled, residual, standard_error
from experiments.study.rare.search import Event, Sample
from experiments.study.rare.tilt import Axis

Floats = NDArray[np.float64]
POINTS = 40  # of a tail
SEEN = 20  # replications that a point of a tail needs at least
BEYOND = 100.0  # how much rarer than the event the tail reaches


class Gap(NamedTuple):
    """Difference of two arrangements' probabilities on the same tapes, with its 95 % interval."""

    a: str
    b: str
    value: float
    low: float
    high: float
    estimates: tuple[float, ...]  # of every seed


class Study(NamedTuple):
    """The results of one seed: pilots of all arrangements, and the replications that the arrangements share."""

    seed: int
    pilots: tuple[Pilot, ...]
    sample: Sample

    def estimate(self, i: int, level: float) -> Estimate:
        """Return the estimate of the probability that arrangement `i` exceeds `level`."""
        weights = calibrated(self.sample.weights)
        return estimate(self.sample.values[:, i] > level, weights, self.sample.component, fixed=True)

    def residuals(self, i: int, level: float) -> Floats:
        """Return (n,) residuals, whose variance is that of the estimate."""
        weights = calibrated(self.sample.weights)
        return residual(weights * (self.sample.values[:, i] > level), weights)


class Answer(NamedTuple):
    """The answer of all seeds."""

    event: Event
    arrangements: tuple[str, ...]
    axes: tuple[Axis, ...]
    trial: int  # replications of a trial of a pilot
    studies: tuple[Study, ...]
    plain: Floats  # (n, arrangements) the metric in plain replications, n possibly 0

    @property
    def replications(self) -> int:
        """Number of weighted replications, of all seeds together."""
        return sum(len(study.sample.weights) for study in self.studies)

    def probability(self, i: int, threshold: float | None = None) -> Probability:
        """Return the estimate of arrangement `i` by all seeds, at the event's threshold or another."""
        level = self.event.threshold if threshold is None else threshold
        return pooled([study.estimate(i, level) for study in self.studies])

    def single(self, i: int) -> list[Probability]:
        """Return the estimates of arrangement `i` of every seed by itself."""
        return [pooled([study.estimate(i, self.event.threshold)]) for study in self.studies]

    def pilot_runs(self, i: int) -> list[int]:
        """Return the runs of the pilot of arrangement `i`, of every seed."""
        return [study.pilots[i].trials * self.trial for study in self.studies]

    def work(self, i: int) -> int:
        """Return the runs that the estimate of arrangement `i` took, its pilots included."""
        return self.replications + sum(self.pilot_runs(i))

    def gains(self, i: int) -> list[float]:
        """Return the gain over plain replications at equal work of every seed, NaN where it had no event."""
        runs = zip(self.single(i), self.studies, self.pilot_runs(i), strict=True)
        return [single.gain(len(study.sample.weights) + pilot) for single, study, pilot in runs]

    def brute(self, i: int) -> tuple[float, float, float]:
        """Return share and exact 95 % interval of plain runs of arrangement `i` that show the event."""
        number, hits = len(self.plain), int((self.plain[:, i] > self.event.threshold).sum())
        return hits / number, *clopper_pearson(hits, number, 0.95)

    def gaps(self) -> list[Gap]:
        """Return the differences of every arrangement from the first."""
        return [self._gap(i) for i in range(1, len(self.arrangements))]

    def _gap(self, i: int) -> Gap:
        first, other = self.probability(0), self.probability(i)
        value, low, high = difference(first, other, self._correlation(i))
        apart = [a.value - b.value for a, b in zip(self.single(0), self.single(i), strict=True)]
        return Gap(self.arrangements[0], self.arrangements[i], value, low, high, tuple(apart))

    def _correlation(self, i: int) -> float:
        """Return the correlation of the errors of arrangements 0 and `i`, 0 where one has none."""
        level, squares = self.event.threshold, np.zeros(3)
        for study in self.studies:
            a, b = study.residuals(0, level), study.residuals(i, level)
            squares += [standard_error(x, study.sample.component) ** 2 for x in (a, b, a + b)]
        both = math.sqrt(squares[0] * squares[1])
        return float(np.clip((squares[2] - squares[0] - squares[1]) / (2.0 * both), -1.0, 1.0)) if both > 0.0 else 0.0

    def tail(self, i: int) -> list[tuple[float, Probability]]:
        """Return thresholds and the probabilities that arrangement `i` exceeds them, as far as the tilt reaches."""
        values = np.concatenate([study.sample.values[:, i] for study in self.studies])
        order = np.sort(values[np.isfinite(values)])[::-1]
        if len(order) <= SEEN or order[SEEN] <= order[-1]:
            return []
        least = self.probability(i).value / BEYOND
        levels = np.linspace(order[-1], order[SEEN], POINTS)
        points = [(float(level), self.probability(i, float(level))) for level in levels]
        return [(level, point) for level, point in points if point.value >= least]


def difference(a: Probability, b: Probability, correlation: float) -> tuple[float, float, float]:
    """Return a − b with the ends of equation (1)."""
    value = a.value - b.value
    low = value - _side(a.value - a.low, b.high - b.value, correlation)
    high = value + _side(a.high - a.value, b.value - b.low, correlation)
    return value, low, high


def _side(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(first**2 - 2.0 * correlation * first * second + second**2, 0.0))
