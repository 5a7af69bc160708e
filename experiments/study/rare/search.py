"""Runs of the model under tilted tapes: the pilot of one arrangement, and the replications all arrangements share.

A replication has a number; its shifted tape is the same for every arrangement, so arrangements are compared pair by
pair. The pilot's numbers are beyond those of all other commands.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from experiments.plan.arrangement import Arrangement
from experiments.results.run import Run
from experiments.run.executor import RunSource
from experiments.study.rare.cross_entropy import Pilot, Trial, haar, search
from experiments.study.rare.mixture import Mixture, log_weights
from experiments.study.rare.tilt import Axis, TiltedTape, axes_of, scores
from model.price.streams import Streams

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]
PILOT, PLAIN = 2_000_000, 5_000_000  # first replications of pilots and of the plain runs next to them
NEARNESS = ("deficit", "liquidated")  # what ranks two runs that both lack the event


class RareError(RuntimeError):
    """A run failed, or has no such metric."""


class Event(NamedTuple):
    """The event: a run's `metric` exceeds `threshold`."""

    metric: str
    threshold: float

    def nearness(self, summary: dict[str, float]) -> tuple[float, ...]:
        """Return how near a run came, to be compared from the first number on: inf where the event came."""
        value = summary[self.metric]
        if value > self.threshold:
            return (np.inf, *(0.0 for _ in NEARNESS))
        return (value if np.isfinite(value) else -np.inf, *(summary[name] for name in NEARNESS))


class Sample(NamedTuple):
    """The replications all arrangements share."""

    values: Floats  # (n, arrangements) the metric
    weights: Floats  # (n,) likelihood ratios
    component: NDArray[np.int64]  # (n,)


class Sampler:
    """Runs arrangements under tilted tapes.

    Parameters
    ----------
    scenario : what all arrangements share.
    event : the rare event.
    blocks : stretches of a long stream.
    executor : runs the replications.
    advance : told of every run.
    """

    def __init__(
        self,
        scenario: "Scenario",
        event: Event,
        blocks: int,
        executor: RunSource,
        advance: Callable[[], None] = lambda: None,
    ) -> None:
        self.scenario, self.event, self.executor, self.advance = scenario, event, executor, advance
        self.axes = axes_of(scenario, blocks)

    def pilot(self, arrangement: Arrangement, number: int) -> Pilot:
        """Return the tilts under which the event is common in `arrangement`, from trials of `number` replications."""

        def draw(mixture: Mixture, level: int) -> Trial:
            first = PILOT + level * number
            component = mixture.deal(number)
            runs = self._runs([arrangement], mixture, component, first)
            nearness = np.array([self.event.nearness(run.summary) for run in runs])
            return Trial(self._scores(mixture, component, first), nearness, component)

        return search(draw, basis(self.axes))

    def sample(self, arrangements: Sequence[Arrangement], mixture: Mixture, number: int) -> Sample:
        """Return `number` replications of every arrangement under the same tapes."""
        component = mixture.deal(number)
        shifted = self._scores(mixture, component, 0)
        counts = np.bincount(component, minlength=len(mixture.shares))
        weights = np.exp(log_weights(shifted, mixture.means, counts))
        return Sample(
            self._values(self._runs(arrangements, mixture, component, 0), len(arrangements)), weights, component
        )

    def plain(self, arrangements: Sequence[Arrangement], number: int) -> Floats:
        """Return (number, arrangements) the metric in untilted replications, independent of all others."""
        nothing = Mixture.plain(len(self.axes))
        return self._values(
            self._runs(arrangements, nothing, np.zeros(number, dtype=np.int64), PLAIN), len(arrangements)
        )

    def _runs(
        self, arrangements: Sequence[Arrangement], mixture: Mixture, component: NDArray[np.int64], first: int
    ) -> list[Run]:
        tapes = [TiltedTape(self.scenario, self.axes, tuple(mean)) for mean in mixture.means.tolist()]
        tasks = [
            (arrangement._replace(tape=tapes[j]), first + r)
            for r, j in enumerate(component)
            for arrangement in arrangements
        ]
        return [self._checked(run) for run in self.executor.run(tasks)]

    def _checked(self, run: Run) -> Run:
        if run.failure is not None:
            raise RareError(f"{run.arrangement}, replication {run.replication} failed:\n{run.failure}")
        if self.event.metric not in run.summary:
            raise RareError(f"metric {self.event.metric!r}: allowed: {', '.join(run.summary)}")
        self.advance()
        return run._replace(series={})

    def _scores(self, mixture: Mixture, component: NDArray[np.int64], first: int) -> Floats:
        plain = (scores(Streams(self.scenario.seed, first + r), self.axes) for r in range(len(component)))
        return np.stack(list(plain)) + mixture.means[component]

    def _values(self, runs: Sequence[Run], arrangements: int) -> Floats:
        return np.array([run.summary[self.event.metric] for run in runs]).reshape(-1, arrangements)


def basis(axes: Sequence[Axis]) -> Floats:
    """Return (axes, axes) orthonormal rows: every stream's mean over its stretches first, then differences."""
    streams: dict[object, int] = {}
    for axis in axes:
        streams[axis.name, axis.index] = streams.get((axis.name, axis.index), 0) + 1
    return np.asarray(block_diag(*(haar(number) for number in streams.values())))
