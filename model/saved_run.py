"""A run saved, put back, copied, pickled and branched: what an ecosystem can do because its state is in one place.

A copy is the same run built again from scenario, replication and tape, with the state of the first one put into it.
What a set-up draws is the same then; so a run that is **branched** keeps its people, what they are like and who owes
whom, and meets from the present step on the shocks and draws of another replication:

    tape_t = tape_t of this run for t < now, of the other replication from now on            (1)

and likewise all draws that are hashed from a key and a step. With its own replication a branch is the same run.

Events that a researcher has put on Mesa's calendar are not part of a snapshot: they stay where they are.
"""

import copy
from typing import Any, Self

import numpy as np
from mesa.time import EventGenerator, Priority, Schedule

from agents.account.account import EMPTY
from model.agent_view import Roster
from model.measure.series import Choice
from model.own_agents import load_agents, load_attributes, own, saved_agents, saved_attributes
from model.price.tape import Tape, draw_tape
from model.scenario import Scenario
from model.state.state import MesaFace, Snapshot, State, load, saved

ROWS = ("log_return", "depth", "spread", "keeper", "gas", "oracle_error", "exploit", "priority")
"""Columns of a tape with a row a step."""


class SavedRun(Roster):
    """A Mesa model whose state can be saved and put back; see :class:`model.ecosystem.Ecosystem`.

    Attributes
    ----------
    state : the live state, which every phase changes in place.
    replication : whose draws it meets from here on; `origin`: whose its set-up has drawn.
    """

    state: State
    tape: Tape
    replication: int
    origin: int
    kept: Choice

    agent_id_counter: int
    _now: memoryview
    _default_schedule: EventGenerator  # Mesa's calendar of steps
    _built: frozenset[str] = frozenset()

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
    def clock(self) -> int:
        """Steps done so far."""
        return self._now[0]

    @clock.setter
    def clock(self, step: int) -> None:
        self._now[0] = step

    def snapshot(self) -> Snapshot:
        """Return a copy of the run as it is: plain, to be pickled, compared, and put back.

        Raises
        ------
        TypeError : if an agent of a researcher's own cannot be pickled.
        """
        face = MesaFace(self.rng.bit_generator.state, self.random.getstate(), self.agent_id_counter, self._going)
        return Snapshot(saved(self.state), face, saved_agents(self))

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to a snapshot, in place.

        Raises
        ------
        ValueError : if it is of a run of another shape; nothing is changed then.
        """
        load(self.state, snapshot.state)
        self._put_back_face(snapshot.mesa)
        load_agents(self, snapshot.agents)
        self.agent_id_counter = max(self.agent_id_counter, snapshot.mesa.next_id)
        self._keep_views()

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
        same = replication == self.replication and tape is None
        other = self.tape if same else spliced(self.tape, tape or draw_tape(self.scenario, replication), self.clock)
        model = rebuilt(type(self), self.scenario, self.origin, replication, other, self.kept)
        now, rng, random = self.snapshot(), model.rng.bit_generator.state, model.random.getstate()
        model.restore(now if same else now._replace(mesa=now.mesa._replace(rng=rng, random=random)))
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to build the run again, and what to put into it."""
        built = type(self), self.scenario, self.origin, self.replication, self.tape, self.kept
        return rebuilt, built, (self.snapshot(), saved_attributes(self, self._attributes()))

    def __setstate__(self, saved_run: tuple[Snapshot, bytes]) -> None:
        """Put the state into a run that was built again."""
        self.restore(saved_run[0])
        self.__dict__.update(load_attributes(self, saved_run[1]))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a run of its own in the same state; what was set on this one is copied along."""
        model = memo[id(self)] = rebuilt(type(self), self.scenario, self.origin, self.replication, self.tape, self.kept)
        model.restore(self.snapshot())
        memo |= {id(mine): its for mine, its in zip(own(self), own(model), strict=True)}
        model.__dict__.update(copy.deepcopy(self._attributes(), memo))
        return model

    def _attributes(self) -> dict[str, Any]:
        """Return what was set on the model after it was built."""
        return {name: value for name, value in vars(self).items() if name not in self._built}

    def _put_back_face(self, face: MesaFace) -> None:
        """Put back what Mesa keeps: generators, whether the run goes on, and its calendar of steps."""
        self.rng.bit_generator.state = face.rng
        self.random.setstate(face.random)
        self._going = face.going
        self.steps, self.time = self.clock, float(self.clock)
        self._default_schedule.stop()
        calendar = Schedule(interval=1.0, start=self.time + 1.0)
        self._default_schedule = EventGenerator(self, self._do_step, calendar, priority=Priority.HIGH).start()

    def _keep_views(self) -> None:
        """Keep views of accounts that there are, and make those that lack."""
        if not self._assembled:
            return
        for row in [row for row in self._traders if self.accounts.status[row] == EMPTY]:
            self._traders.pop(row).remove()
        for row in np.flatnonzero(self.accounts.status != EMPTY).tolist():
            self.trader(row)


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
