"""Twin worlds: one tape of shocks, two arrangements, stepping in lockstep.

Both sides are the same :class:`model.ecosystem.Ecosystem` with the same seed and replication, so they are shown the
same shocks, and what differs between them is due to who holds the capital and who pays.

Both are copied every so many steps, the more seldom the longer the run: at most ``ROOM`` bytes of copies are kept, and
every other one is dropped where they are more. Any step that has been passed is reached from the copy before it, with
the same interventions, bit for bit.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.core.memory import leaves
from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention, altered, problem, redeem_shares
from experiments.app.world.trace import Trace, standing
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from model.scenario.extent import listing_counts, protocol_interest
from model.state.state import Snapshot

SIDES = ("A", "B")
ROOM = 1 << 25
"""Bytes of copies that a world keeps."""
MOMENTS = 32
"""Copies of a run at first; then every other one is dropped where they take more room."""


class Moment(NamedTuple):
    """One side at one step."""

    run: Snapshot
    own: np.ndarray  # (protocols,) USD, what claimants' own parts have paid so far

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(array.nbytes for _, array in leaves(self.run.state))


class Side:
    """One of the two worlds.

    Attributes
    ----------
    ecosystem : the model.
    trace : who paid so far, step by step.
    debts : (P, P) USD, who owed whom at the start.
    """

    def __init__(self, scenario: Scenario, arrangement: Arrangement, replication: int) -> None:
        self.arrangement = arrangement
        self.ecosystem: Any = Ecosystem(scenario, replication)
        self.trace = Trace(self.ecosystem.horizon, scenario.protocol.number)
        self.debts = self.ecosystem.contagion.liabilities.copy()

    def alter(self, done: Intervention) -> None:
        """Write one intervention into the tape."""
        self.ecosystem.tape = altered(self.ecosystem.tape, [done], self.ecosystem.scenario)

    def moment(self) -> Moment:
        """Return a copy of this side as it is."""
        return Moment(self.ecosystem.snapshot(), self.trace.own.copy())

    def put(self, moment: Moment) -> None:
        """Go to another moment of the same run."""
        self.ecosystem.restore(moment.run)
        self.trace.own[:] = moment.own

    def step(self, runs: list[Intervention]) -> None:
        """Advance by one step, after the runs on vaults due in it."""
        for run in runs:
            redeem_shares(self.ecosystem, run.size, run.target)
        step, before = self.ecosystem.clock, standing(self.ecosystem)
        self.ecosystem.step()
        self.trace.write(self.ecosystem, step, before)


class World:
    """Two sides in lockstep.

    Parameters
    ----------
    shared : the scenario of both sides, but for what their arrangements change.
    arrangements : of side A and side B.
    replication : which draw of the shocks.

    Raises
    ------
    model.scenario.ScenarioError, model.price.reader.file.PriceFileError, model.network.exposures.EdgeListError : for
    bad input.
    """

    def __init__(self, shared: Scenario, arrangements: tuple[Arrangement, Arrangement], replication: int = 0) -> None:
        self.shared, self.arrangements, self.replication = shared, arrangements, replication
        self.interventions: list[Intervention] = []
        self._begin()

    def _begin(self) -> None:
        """Build both sides at their start."""
        self.sides = self._build()
        self._moments: dict[int, list[Moment]] = {}
        self._every = max(self.horizon // MOMENTS, 1)

    def _build(self) -> tuple[Side, Side]:
        first, second = (item.scenario(self.shared) for item in self.arrangements)
        require_same_shocks(first, second)
        pair = zip((first, second), self.arrangements, strict=True)
        a, b = (Side(scenario, item, self.replication) for scenario, item in pair)
        for done in self.interventions:
            a.alter(done)
            b.alter(done)
        return a, b

    @property
    def clock(self) -> int:
        """Steps done so far, the same on both sides."""
        return int(self.sides[0].ecosystem.clock)

    @property
    def horizon(self) -> int:
        """Steps the run lasts."""
        return int(self.sides[0].ecosystem.horizon)

    @property
    def over(self) -> bool:
        """True when all steps are done."""
        return self.clock >= self.horizon

    @property
    def minutes(self) -> float:
        """Length of a step in minutes."""
        return self.shared.minutes

    def step(self, count: int = 1) -> None:
        """Advance both sides by `count` steps, or to the end."""
        for _ in range(min(count, self.horizon - self.clock)):
            self._keep()
            runs = [done for done in self.interventions if done.kind == "provider_run" and done.step == self.clock]
            for side in self.sides:
                side.step(runs)

    def _keep(self) -> None:
        """Copy both sides, if this is a step at which they are."""
        if self.clock % self._every or self.clock in self._moments:
            return
        self._moments[self.clock] = [side.moment() for side in self.sides]
        while len(self._moments) > 1 and sum(one.size for both in self._moments.values() for one in both) > ROOM:
            self._every *= 2
            self._moments = {step: both for step, both in self._moments.items() if step % self._every == 0}

    def near(self, step: int) -> None:
        """Go to the copy at or before `step`, where that is nearer than going forward from here.

        Interventions stay recorded and happen again at their steps.
        """
        kept = [one for one in self._moments if one <= step]
        if step < self.clock and not kept:
            self._begin()
        elif kept and (step < self.clock or max(kept) > self.clock):
            for side, moment in zip(self.sides, self._moments[max(kept)], strict=True):
                side.put(moment)

    def reset(self) -> None:
        """Go back to the beginning and forget all interventions."""
        self.interventions = []
        self._begin()

    def intervene(self, done: Intervention) -> None:
        """Apply an intervention to both sides; ScenarioError where it is not allowed."""
        why = problem(done, self.horizon)
        if why or done.step < self.clock:
            raise ScenarioError([why or f"{done.kind}: step {done.step} has passed"])
        self.interventions.append(done)
        self._moments = {step: both for step, both in self._moments.items() if step <= self.clock}
        for side in self.sides:
            side.alter(done)


def require_same_shocks(a: Scenario, b: Scenario) -> None:
    """Raise ScenarioError where two arrangements would draw different tapes."""
    names = ("seed", "steps", "minutes", "asset", "price", "shock")
    apart = [name for name in names if getattr(a, name) != getattr(b, name)]
    if protocol_interest(a) != protocol_interest(b) or listing_counts(a) != listing_counts(b):
        apart.append("protocol")
    if apart:
        raise ScenarioError([f"arrangements: {', '.join(apart)}: the two sides must see the same shocks"])
