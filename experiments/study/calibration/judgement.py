"""Which moments are met: by the errors of the fit, and again by a simulation as long as the record.

A fit of the whole model simulates days, where the record has years: its errors √(1 + 1/τ) σ are those of the short
simulation, τ its length over the record's, and nearly everything lies within them. So every verdict weighs sharpness
(:mod:`experiments.statistics.verdict`), and at the estimate the moments are simulated once more, in replications that
the search has not seen, as long in all as the record.
"""

import math
from typing import NamedTuple

from experiments.statistics.verdict import Value, sharpness, verdict
from experiments.study.calibration.fit import Target
from experiments.study.calibration.moment import Floats, natural, tolerances


class Judged(NamedTuple):
    """Simulated moments next to the target.

    Attributes
    ----------
    days : simulated, all replications together.
    target : recorded moments and the covariance of recorded less simulated ones.
    simulated : (M,) moments as they are matched.
    """

    days: float
    target: Target
    simulated: Floats

    @property
    def scores(self) -> Floats:
        """Return recorded less simulated moments over their standard error, (M,)."""
        return (self.target.moments - self.simulated) / self.target.errors

    def rows(self, assets: int, volume: bool) -> list[dict[str, str | float]]:
        """Return recorded, simulated, z, error and verdict of every moment."""
        half = self.target.critical * self.target.errors
        ends = (self.target.moments, self.simulated, self.simulated - half, self.simulated + half)
        columns = zip(
            *(natural(one, assets, volume) for one in ends), self.scores, tolerances(range(assets), volume), strict=True
        )
        return [
            {
                "recorded": float(recorded),
                "simulated": float(ours),
                "z": float(z),
                "error": sharpness(Value.exact(recorded), Value(ours, low, high), tolerance),
                "verdict": verdict(Value.exact(recorded), Value(ours, low, high), tolerance),
            }
            for recorded, ours, low, high, z, tolerance in columns
        ]


def widened(own: Floats, longer: float) -> Floats:
    """Return the covariance of recorded less simulated moments, `own` that of the recorded ones.

    `longer` is how many times as long as the record the simulation is.
    """
    return (1.0 + 1.0 / longer) * own


def runs_for(days: float, length: float) -> int:
    """Return how many runs of `length` days are at least `days` long together."""
    return max(1, math.ceil(days / length - 1e-9))
