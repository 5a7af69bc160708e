"""The method of simulated moments: search, distance, intervals.

With m the moments of the record, μ(θ) those simulated under parameters θ and Ω the covariance of m by block bootstrap,

    J(θ) = (m − μ(θ))' W (m − μ(θ)),   W = diag(Σ)⁻¹,   Σ = (1 + 1/τ) Ω,

τ being how many times longer than the record the simulation is. A first estimate goes by that Ω; a second, where
records as long as the real one can be simulated, by the covariance of their moments at the first (two steps, as in the
generalised method of moments): a record whose kurtosis happens to be low has too small an Ω. Weights are diagonal:
moments of one record are so collinear that Ω⁻¹ puts nearly all weight on differences between them that do not matter.
The search starts from points of a Sobol' sequence and goes on by bounded least squares from the best: the moments are
smooth on common random numbers, but for the Hill index, so derivatives are taken over wide differences.

The second covariance is itself estimated, from S simulated records: verdicts and intervals take Student's quantile with
S − 1 degrees of freedom for the normal one, and J's law is divided by χ²/(S − 1) as an F is.

With G = ∂μ/∂θ, H = (G' W G)⁻¹ G' W the covariance of the estimate is H Σ H'; were the model true, what is left,
(I − G H)(m − μ), would be normal with covariance (I − G H) Σ (I − G H)', which gives J its law (a sum of weighted χ²,
Jagannathan and Wang 1996, J. Finance 51:3) and so the probability of a worse fit.

Intervals hold for parameters mapped to the unit interval. The bounds of a field are known beforehand, so the interval
is the part of the normal one that lies within them, which covers the truth as often. A parameter whose interval
spans its bounds is not identified by these moments.

References: McFadden (1989), Econometrica 57:995; Duffie and Singleton (1993), Econometrica 61:929; Franke and
Westerhoff (2012), J. Economic Dynamics and Control 36:1193 (weights by bootstrap).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import stdtrit
from scipy.stats import qmc

from experiments.study.calibration.field import Field
from experiments.study.calibration.moment import Floats

LEVEL = 0.95
BEST = 3  # starts from which the search goes on
DIFFERENCE = 0.02  # of the unit interval, for derivatives
IMPOSSIBLE = 1e12
DRAWS = 20_000


type Moments = Callable[[Mapping[str, float]], Floats]


class Target(NamedTuple):
    """Recorded moments, (M,), and the (M, M) covariance of recorded less simulated, with its degrees of freedom."""

    moments: Floats
    covariance: Floats
    degrees: float = np.inf

    @property
    def errors(self) -> Floats:
        """Return the standard errors of recorded less simulated moments, (M,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def critical(self) -> float:
        """Return the standard errors in half a 95 % interval."""
        return float(stdtrit(self.degrees, 0.5 + LEVEL / 2))


class Fit(NamedTuple):
    """An estimate.

    Attributes
    ----------
    fields : the free fields, in the order of `unit`.
    unit, deviation : (d,) estimate and its standard error, in the unit interval.
    simulated : (M,) moments at the estimate.
    distance : J.
    probability : of so large a J, were the model true.
    target : the moments to be matched.
    evaluations : how many simulations were made.
    """

    fields: tuple[Field, ...]
    unit: Floats
    deviation: Floats
    simulated: Floats
    distance: float
    probability: float
    target: Target
    evaluations: int

    @property
    def values(self) -> dict[str, float]:
        """Return the estimate by name."""
        return {field.name: field.value(position) for field, position in zip(self.fields, self.unit, strict=True)}

    @property
    def scores(self) -> Floats:
        """Return recorded less simulated moments over their standard error, (M,)."""
        return (self.target.moments - self.simulated) / self.target.errors

    @property
    def missed(self) -> NDArray[np.bool_]:
        """Return which moments lie outside their 95 % interval, (M,)."""
        return np.abs(self.scores) > self.target.critical

    def interval(self, index: int) -> tuple[float, float]:
        """Return the ends of the interval of a parameter."""
        half = self.target.critical * self.deviation[index]
        low, high = np.clip((self.unit[index] - half, self.unit[index] + half), 0.0, 1.0)
        return self.fields[index].value(float(low)), self.fields[index].value(float(high))


class Search:
    """The distance as a function of points in the unit cube.

    Parameters
    ----------
    fields : the free fields.
    target : recorded moments and their covariance.
    moments : values by name to the (M,) simulated moments.
    scatter : the same to the (M, M) covariance of recorded less simulated moments; None where not available.
    advance : called at every simulation.
    degrees : of freedom of what `scatter` returns.
    """

    def __init__(
        self, fields: Sequence[Field], target: Target, moments: Moments,
        scatter: Moments | None = None, advance: Callable[[], None] = lambda: None, degrees: float = np.inf,
    ) -> None:  # fmt: skip
        self.fields, self.target = tuple(fields), target
        self.evaluations = 0
        self._moments, self._scatter, self._advance, self._degrees = moments, scatter, advance, degrees

    @property
    def _weight(self) -> Floats:
        return 1.0 / np.diag(self.target.covariance)

    def _values(self, unit: Floats) -> dict[str, float]:
        point = np.clip(unit, 0.0, 1.0)
        return {field.name: field.value(float(u)) for field, u in zip(self.fields, point, strict=True)}

    def weigh(self, unit: Floats) -> None:
        """Take the covariance of the moments from simulations at a point, where those are possible."""
        if self._scatter is not None:
            self.target = Target(self.target.moments, self._scatter(self._values(unit)), self._degrees)

    def simulated(self, unit: Floats) -> Floats:
        """Return the moments at a point; ValueError where the scenario does not allow it."""
        self.evaluations += 1
        self._advance()
        return self._moments(self._values(unit))

    def distance(self, unit: Floats) -> float:
        """Return J at a point, a very large number where the scenario does not allow it or a moment is undefined."""
        try:
            return self._distance(self.simulated(unit))
        except ValueError:
            return IMPOSSIBLE

    def _distance(self, simulated: Floats) -> float:
        gap = self.target.moments - simulated
        return float(gap**2 @ self._weight) if np.isfinite(gap).all() else IMPOSSIBLE

    def run(self, starts: int, iterations: int, first: Floats | None = None) -> Fit:
        """Search from `starts` points (and `first`), by at most `iterations` from each of the best in either step."""
        points = qmc.Sobol(len(self.fields), rng=np.random.default_rng(0)).random(starts)
        points = points if first is None else np.vstack([points, first])
        order = np.argsort([self.distance(point) for point in points])
        ends = [self._descend(points[row], iterations) for row in order[:BEST]]
        self.weigh(min(ends, key=self.distance))
        ends = [self._descend(end, iterations) for end in ends]
        return self.finished(min(ends, key=self.distance))

    def _descend(self, start: Floats, iterations: int) -> Floats:
        """Return the point that bounded least squares reach from another."""
        inside = np.clip(start, 1e-3, 1.0 - 1e-3)
        scale = np.sqrt(self._weight)
        try:
            return least_squares(
                lambda unit: scale * (self.simulated(unit) - self.target.moments),
                inside, lambda unit: scale[:, None] * self._slopes(unit),
                bounds=(0.0, 1.0), max_nfev=iterations, xtol=1e-3, ftol=1e-4,
            ).x  # fmt: skip
        except ValueError:
            return start

    def finished(self, unit: Floats) -> Fit:
        """Return the estimate at a point with its standard errors."""
        self.weigh(unit)
        simulated = self.simulated(unit)
        slope = self._slopes(unit)
        gain = np.linalg.pinv(slope.T * self._weight @ slope, hermitian=True) @ (slope.T * self._weight)
        deviation = np.sqrt(np.diag(gain @ self.target.covariance @ gain.T))
        deviation[~slope.any(axis=0)] = np.inf
        distance = self._distance(simulated)
        rest = np.eye(len(simulated)) - slope @ gain
        left = rest @ self.target.covariance @ rest.T
        probability = exceedance(distance, left, self._weight, self.target.degrees)
        return Fit(
            fields=self.fields,
            unit=unit,
            deviation=deviation,
            simulated=simulated,
            distance=distance,
            probability=probability,
            target=self.target,
            evaluations=self.evaluations,
        )

    def _slopes(self, unit: Floats) -> Floats:
        """Return the (M, d) derivatives of the moments."""
        return np.array([self._slope(unit, index) for index in range(len(unit))]).T

    def _slope(self, unit: Floats, index: int) -> Floats:
        """Return the derivative of the moments by one parameter, from the points next to it that are allowed."""
        neighbours = np.tile(unit, (2, 1))
        neighbours[:, index] = np.clip((unit[index] - DIFFERENCE, unit[index] + DIFFERENCE), 0.0, 1.0)
        try:
            low, high = (self.simulated(point) for point in neighbours)
        except ValueError:
            return np.zeros(len(self.target.moments))
        return (high - low) / (neighbours[1, index] - neighbours[0, index])


def exceedance(distance: float, covariance: Floats, weight: Floats, degrees: float = np.inf) -> float:
    """Return the probability that Σ w x² exceeds `distance`, x normal with `covariance`, by simulation.

    `covariance` is known with `degrees` degrees of freedom.

    Parameters
    ----------
    distance : >= 0.
    covariance : (moments, moments) of x.
    weight : (moments,) w, >= 0.
    degrees : of freedom of `covariance`; infinite where it is exact.
    """
    spread = np.linalg.eigvalsh(np.sqrt(weight)[:, None] * covariance * np.sqrt(weight)).clip(min=0.0)
    generator = np.random.default_rng(0)
    drawn = generator.chisquare(1.0, (DRAWS, len(spread))) @ spread
    known = generator.chisquare(degrees, DRAWS) / degrees if np.isfinite(degrees) else 1.0
    return float((drawn >= distance * known).mean())
