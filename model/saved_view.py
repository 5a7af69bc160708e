"""An ecosystem saved, put back, copied, pickled and branched: the run, and what Mesa keeps of a model.

To the numbers of the run (:mod:`model.engine.saved_run`) come the state of Mesa's generators, a researcher's own agents
and what was set on the model. Events that a researcher has put on Mesa's calendar are not part of a snapshot: they stay
where they are.
"""

import copy
from typing import Any, Self

import numpy as np
from mesa.time import EventGenerator, Priority, Schedule

from agents.account.account import EMPTY
from model.agent_view import Roster
from model.engine.saved_run import rebuilt
from model.own_agents import load_agents, load_attributes, own, saved_agents, saved_attributes
from model.state.state import MesaFace, Snapshot, load, saved


class SavedView(Roster):
    """A Mesa model whose state can be saved and put back; see :class:`model.ecosystem.Ecosystem`."""

    agent_id_counter: int
    _default_schedule: EventGenerator  # Mesa's calendar of steps

    def snapshot(self) -> Snapshot:
        """Return a copy of the run as it is: plain, to be pickled, compared, and put back.

        Raises
        ------
        TypeError : if an agent of a researcher's own cannot be pickled.
        """
        return Snapshot(saved(self.state), self._face(), saved_agents(self))

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to a snapshot, in place; one of an engine leaves Mesa's generators as they are.

        Raises
        ------
        ValueError : if it is of a run of another shape; nothing is changed then.
        """
        load(self.state, snapshot.state)
        face = snapshot.mesa or self._face()
        self._put_back_face(face)
        load_agents(self, snapshot.agents)
        self.agent_id_counter = max(self.agent_id_counter, face.next_id)
        self._keep_views()

    def taken_over(self, past: Snapshot) -> Snapshot:
        """Return of another replication's past what this run goes on from: its generators are its own."""
        face = past.mesa or self._face()
        return past._replace(mesa=face._replace(rng=self.rng.bit_generator.state, random=self.random.getstate()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to build the run again, and what to put into it."""
        return rebuilt, self._building(), (self.snapshot(), saved_attributes(self, self._attributes()))

    def __setstate__(self, saved_run: Any) -> None:
        """Put state and attributes into a run that was built again."""
        snapshot, attributes = saved_run
        self.restore(snapshot)
        self.__dict__.update(load_attributes(self, attributes))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a run of its own in the same state; what was set on this one is copied along."""
        model = memo[id(self)] = rebuilt(*self._building())
        model.restore(self.snapshot())
        memo |= {id(mine): its for mine, its in zip(own(self), own(model), strict=True)}
        model.__dict__.update(copy.deepcopy(self._attributes(), memo))
        return model

    def _attributes(self) -> dict[str, Any]:
        """Return what was set on the model after it was built."""
        return {name: value for name, value in vars(self).items() if name not in self._built}

    def _face(self) -> MesaFace:
        """Return what Mesa keeps."""
        return MesaFace(self.rng.bit_generator.state, self.random.getstate(), self.agent_id_counter, self._going)

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
