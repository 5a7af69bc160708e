"""The whole model as a process whose paths are split: states put back, draws exchanged, nothing set up again.

A path is known by the steps at which its draws begin again and the replications they are then taken from. Uniforms are
spliced, not prices: with u^r the uniforms of replication r and r_1, r_2, … those of the path from steps t_1 < t_2 < …,

    u_t = u_t^{r_j} for t_j <= t < t_{j+1},                                                     (1)

and the tape is drawn from those, so volatility, outages and all else that lasts goes on from where it was. Streams that
have no number a step, such as an episode's severity, stay those of the path's beginning; so do the people, whom
the set-up draws. Both are only chosen among, never branched: where they decide the event, many paths are needed.

A process that is not drawn step by step has no past to share, and is refused: an episode's bridge is tied to anchors to
come, and a record is there as a whole.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from experiments.study.rare.search import RareError
from experiments.study.rare.splitting.fixed_effort import Reached
from experiments.study.rare.splitting.future import Future, Point
from experiments.study.rare.splitting.importance import Importance
from model.engine.saved_run import ROWS
from model.price.streams import Shape, Streams
from model.price.tape import Tape, draw_tape
from model.scenario import Scenario

LOOKS = 50  # at the importance of a whole path
POINTS = 16  # of a run at which the price process is checked


class Splice(NamedTuple):
    """From `step` on, draws are those of `replication`."""

    step: int
    replication: int


type Path = tuple[Splice, ...]


class SplicedStreams(Streams):
    """Streams with a number a step, of which each splice of a path has its own (1); all others are the first's."""

    path: Path
    steps: int

    @classmethod
    def of(cls, seed: int, path: Path, steps: int) -> Self:
        """Return the streams of a path of a run of so many steps."""
        streams = cls(seed, path[0].replication)
        streams.path, streams.steps = path, steps
        return streams

    def uniform(self, name: str, *index: int, size: Shape) -> NDArray[np.float64]:
        """Return the spliced uniforms."""
        whole = super().uniform(name, *index, size=size)
        rows = size if isinstance(size, int) else size[0]
        if rows != self.steps or len(self.path) == 1:
            return whole
        spliced = whole.copy()
        for step, replication in self.path[1:]:
            spliced[step:] = Streams(self.seed, replication).uniform(name, *index, size=size)[step:]
        return spliced


class State(NamedTuple):
    """A run at one moment, and where its draws came from."""

    future: Future
    point: Point
    path: Path


class WholeModel:
    """Runs of a scenario as paths on the way to an event.

    Parameters
    ----------
    scenario : what is run.
    importance : how near a run is.
    every : steps between two looks at it; none: so that there are about ``LOOKS`` in a run.
    """

    def __init__(self, scenario: Scenario, importance: Importance, every: int | None = None) -> None:
        self.scenario, self.importance = scenario, importance
        self.length = len(draw_tape(scenario, 0).log_return)
        self.every = every or max(self.length // LOOKS, 1)

    def begin(self, replication: int) -> Reached[State]:
        """Return a run at its beginning, with people of its own."""
        future = Future(self.scenario, replication)
        return Reached(State(future, future.point(), (Splice(0, replication),)), -np.inf, 0)

    def onward(self, start: State, replication: int, level: float) -> Reached[State]:
        """Go on with the draws of `replication` until the importance is at least `level`, or to the end.

        From the beginning the draws are those of the beginning: nobody else has met them.
        """
        future, first = start.future, self._sent_back(start, replication)
        path, nearest = first.path, -np.inf
        begun = future.clock
        while future.clock < self.length and nearest < level:
            future.until(future.clock + self.every)
            nearest = max(nearest, self.importance(future.run))
        return Reached(State(future, future.point(), path), nearest, future.clock - begun)

    def _sent_back(self, start: State, replication: int) -> State:
        """Put the run back and give it its draws; return the state with its new path."""
        future, path = start.future, start.path
        future.put(start.point)
        if future.clock:
            path = (*path, Splice(future.clock, replication))
        future.meet(path[-1].replication, self._tape(path))
        return start._replace(path=path)

    def _tape(self, path: Path) -> Tape:
        """Return the tape of a path."""
        streams = SplicedStreams.of(self.scenario.seed, path, self.length)
        return draw_tape(self.scenario, path[0].replication, streams)

    def check(self) -> None:
        """Raise RareError unless what is drawn later changes later returns, and nothing that has been."""
        whole = self._tape((Splice(0, 0),))
        if all(self._is_free(whole, step) for step in {max(self.length * k // POINTS, 1) for k in range(POINTS)}):
            return
        raise RareError(
            f"price.process: {self.scenario.price.process!r} is not drawn step by step, so no run of it can be "
            "branched: use --method tilting; allowed with --method splitting are gbm, garch and others that are"
        )

    def _is_free(self, whole: Tape, step: int) -> bool:
        """Tell whether a tape whose draws begin again at `step` has the same past and another future."""
        other = self._tape((Splice(0, 0), Splice(step, 1)))
        past = all(np.array_equal(getattr(whole, name)[:step], getattr(other, name)[:step]) for name in ROWS)
        return past and not np.array_equal(whole.log_return, other.log_return)
