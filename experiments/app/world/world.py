"""Twin worlds: one tape of shocks, two arrangements, stepping in lockstep.

Both sides are the same :class:`model.ecosystem.Ecosystem` with the same seed and replication, so they are shown the
same shocks, and what differs between them is due to who holds the capital and who pays. Going back in time rebuilds
both and runs them forward again with the same interventions: a run costs a fraction of a millisecond a step, and
nothing else is exact by construction.
"""

from typing import Any

from experiments.app.world.arrangement import Arrangement
from experiments.app.world.intervention import Intervention, altered, problem, redeem_shares
from experiments.app.world.trace import Trace, standing
from model.ecosystem import Ecosystem
from model.scenario import Scenario, ScenarioError
from model.state.initial import open_interest

SIDES = ("A", "B")


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
        self.ecosystem.tape = altered(self.ecosystem.tape, [done], open_interest(self.ecosystem.scenario))

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
        self.sides = self._build()

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
            runs = [done for done in self.interventions if done.kind == "provider_run" and done.step == self.clock]
            for side in self.sides:
                side.step(runs)

    def rebuild(self) -> None:
        """Go back to the beginning; interventions stay recorded and happen again at their steps."""
        self.sides = self._build()

    def reset(self) -> None:
        """Go back to the beginning and forget all interventions."""
        self.interventions = []
        self.rebuild()

    def intervene(self, done: Intervention) -> None:
        """Apply an intervention to both sides; ScenarioError where it is not allowed."""
        why = problem(done, self.horizon)
        if why or done.step < self.clock:
            raise ScenarioError([why or f"{done.kind}: step {done.step} has passed"])
        self.interventions.append(done)
        for side in self.sides:
            side.alter(done)


def require_same_shocks(a: Scenario, b: Scenario) -> None:
    """Raise ScenarioError where two arrangements would draw different tapes."""
    names = ("seed", "steps", "minutes", "asset", "price", "shock")
    apart = [name for name in names if getattr(a, name) != getattr(b, name)]
    if a.protocol.number != b.protocol.number or a.protocol.open_interest != b.protocol.open_interest:
        apart.append("protocol")
    if apart:
        raise ScenarioError([f"arrangements: {', '.join(apart)}: the two sides must see the same shocks"])
