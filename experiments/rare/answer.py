"""What a rare-event study found: probabilities, paired differences, and the tail beyond the threshold."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from experiments.rare.cross_entropy import Pilot
from experiments.rare.probability import NORMAL, Probability, probability, standard_error
from experiments.rare.search import Event, Sample
from experiments.rare.tilt import Axis

Floats = NDArray[np.float64]
POINTS = 40  # of a tail
SEEN = 20  # replications that a point of a tail needs at least
BEYOND = 100.0  # how much rarer than the event a tail is told


class Gap(NamedTuple):
    """Difference of two cells' probabilities on the same tapes, with its 95 % interval."""

    a: str
    b: str
    value: float
    low: float
    high: float


class Answer(NamedTuple):
    """All there is to say."""

    event: Event
    cells: tuple[str, ...]
    axes: tuple[Axis, ...]
    pilots: tuple[Pilot, ...]
    trial: int  # replications of a trial of a pilot
    sample: Sample
    plain: Floats  # (n, cells) the metric in plain replications, n possibly 0

    def probability(self, i: int, threshold: float | None = None) -> Probability:
        """Return the estimate of cell `i`, at the event's threshold or another."""
        level = self.event.threshold if threshold is None else threshold
        return probability(self.sample.values[:, i] > level, self.sample.weights, self.sample.component)

    def work(self, i: int) -> int:
        """Return the runs that the estimate of cell `i` took, its pilot included."""
        return len(self.sample.weights) + self.pilots[i].trials * self.trial

    def brute(self, i: int) -> tuple[float, float, float]:
        """Return share and exact 95 % interval of plain runs of cell `i` that show the event (Clopper and Pearson)."""
        number, hits = len(self.plain), int((self.plain[:, i] > self.event.threshold).sum())
        low = float(betaincinv(hits, number - hits + 1, 0.025)) if hits else 0.0
        high = float(betaincinv(hits + 1, number - hits, 0.975)) if hits < number else 1.0
        return hits / number, low, high

    def gaps(self) -> list[Gap]:
        """Return the differences of every cell from the first."""
        found = []
        event = self.sample.values > self.event.threshold
        for i in range(1, len(self.cells)):
            x = self.sample.weights * (event[:, 0].astype(float) - event[:, i])
            value, half = float(x.mean()), NORMAL * standard_error(x, self.sample.component)
            found.append(Gap(self.cells[0], self.cells[i], value, value - half, value + half))
        return found

    def tail(self, i: int) -> list[tuple[float, Probability]]:
        """Return thresholds and the probabilities that cell `i` exceeds them, to where the tilt is meant for."""
        values = self.sample.values[:, i]
        order = np.sort(values[np.isfinite(values)])[::-1]
        if len(order) <= SEEN or order[SEEN] <= order[-1]:
            return []
        least = self.probability(i).value / BEYOND
        levels = np.linspace(order[-1], order[SEEN], POINTS)
        found = [(float(level), self.probability(i, float(level))) for level in levels]
        return [(level, point) for level, point in found if point.value >= least]
