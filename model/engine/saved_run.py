"""A run saved, put back, copied, pickled and branched: what an engine can do because its state is in one place.

A copy is the same run built again from scenario, replication and tape, with the state of the first one put into it.
What a set-up draws is the same then; so a run that is **branched** keeps its people, what they are like and who owes
whom, and meets from the present step on the shocks and draws of another replication:

    tape_t = tape_t of this run for t < now, of the other replication from now on            (1)

and likewise all draws that are hashed from a key and a step. With its own replication a branch is the same run.

What a Mesa model adds is in :mod:`model.saved_view`.
"""

from typing import Any, Self

import numpy as np

from model.measure.series import Choice
from model.price.tape import Tape, draw_tape, refuse_other_shape, sealed
from model.scenario import Scenario
from model.state.state import Snapshot, State, load, saved
from model.state.table import Shock, shock_of

ROWS = ("log_return", "depth", "spread", "keeper", "gas", "oracle_error", "exploit", "priority")
"""Columns of a tape with a row a step."""


class SavedRun:
    """A run whose state can be saved and put back; see :class:`model.engine.engine.Engine`.

    Attributes
    ----------
    state : the live state, which every phase changes in place.
    replication : whose draws it meets from here on; `origin`: whose its set-up has drawn.
    """

    state: State
    horizon: int
    replication: int
    origin: int
    kept: Choice

    _own_scenario: Scenario
    _tape: Tape
    _now: memoryview
    _shock: tuple[int, Shock] | None = None

    def set_up(self, scenario: Scenario, origin: int, replication: int, tape: Tape | None, kept: Choice) -> None:
        """Build the run at its start.

        Parameters
        ----------
        scenario : all parameters.
        origin : replication whose draws the set-up takes.
        replication : replication whose draws the steps take.
        tape : shocks; none: those of the replication.
        kept : the series that are kept.
        """
        raise NotImplementedError

    @property
    def scenario(self) -> Scenario:
        """All parameters of the run."""
        return self._own_scenario

    @property
    def tape(self) -> Tape:
        """Exogenous shocks of the run; one that is set takes the place of the run's from the present step on."""
        return self._tape

    @tape.setter
    def tape(self, tape: Tape) -> None:
        former = getattr(self, "_tape", None)
        if former is not None:
            refuse_other_shape(former, tape)
        self._tape, self._shock = sealed(tape), None

    @property
    def clock(self) -> int:
        """Steps done so far."""
        return self._now[0]

    @clock.setter
    def clock(self, step: int) -> None:
        self._now[0] = step

    def _stop_if_over(self) -> None:
        """Raise where all steps are done: kernels read and write beyond no table."""
        if self.clock >= self.horizon:
            raise RuntimeError(f"the run has {self.horizon} steps and all are done; set scenario.steps for more")

    @property
    def _row(self) -> Shock:
        """The row of the tape of the present step, of the last one where all are done."""
        if self._shock is None or self._shock[0] != self.clock:
            self._shock = self.clock, shock_of(self.tape, min(self.clock, self.horizon - 1))
        return self._shock[1]

    def snapshot(self) -> Snapshot:
        """Return a copy of the run as it is: plain, to be pickled, compared, and put back."""
        return Snapshot(saved(self.state), None, b"")

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to a snapshot, in place.

        Raises
        ------
        ValueError : if it is of a run of another shape, or has a researcher's own agents; nothing is changed then.
        """
        if snapshot.agents:
            raise ValueError("the snapshot has agents of your own: restore it into a model.ecosystem.Ecosystem")
        load(self.state, snapshot.state)

    def branch(self, replication: int, tape: Tape | None = None) -> Self:
        """Return another run that is this one up to now, and meets the draws of `replication` from here on (1).

        Parameters
        ----------
        replication : whose draws; its own: the same run.
        tape : shocks of the other replication, in place of those it draws.

        Raises
        ------
        ValueError : if the other tape is not as long as this one.
        """
        same, scenario = replication == self.replication and tape is None, self._own_scenario
        other = self.tape if same else spliced(self.tape, tape or draw_tape(scenario, replication), self.clock)
        run = rebuilt(type(self), scenario, self.origin, replication, other, self.kept)
        run.restore(self.snapshot() if same else run.taken_over(self.snapshot()))
        return run

    def taken_over(self, past: Snapshot) -> Snapshot:
        """Return of another replication's past what this run goes on from."""
        return past

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to build the run again, and what to put into it."""
        return rebuilt, self._building(), self.snapshot()

    def __setstate__(self, snapshot: Any) -> None:
        """Put the state into a run that was built again."""
        self.restore(snapshot)

    def _building(self) -> tuple[Any, ...]:
        """Return what a run is built again from."""
        return type(self), self._own_scenario, self.origin, self.replication, self.tape, self.kept


def rebuilt[M: SavedRun](
    kind: type[M], scenario: Scenario, origin: int, replication: int, tape: Tape, kept: Choice
) -> M:
    """Return a run at its start, without a call of the ``__init__`` of a class of a researcher's own.

    Parameters
    ----------
    kind : class of the run.
    scenario : all parameters.
    origin, replication : whose draws the set-up and the steps take.
    tape : shocks; sealed against writing.
    kept : the series that are kept.
    """
    model = kind.__new__(kind)
    for shocks in tape:
        shocks.setflags(write=False)
    model.set_up(scenario, origin, replication, tape, kept)
    return model


def spliced(tape: Tape, other: Tape, step: int) -> Tape:
    """Return the rows of `tape` before `step` and those of `other` from there on (1).

    Raises
    ------
    ValueError : if the two are not of one length.
    """
    if len(tape.log_return) != len(other.log_return):
        raise ValueError(f"tape: {len(other.log_return)} steps; allowed: {len(tape.log_return)}, as the run has")
    rows = {name: np.vstack if getattr(tape, name).ndim > 1 else np.hstack for name in ROWS}
    return tape._replace(
        **{name: join((getattr(tape, name)[:step], getattr(other, name)[step:])) for name, join in rows.items()}
    )
