"""What the compiled run gains: the same run called phase by phase from Python over the run compiled as a whole.

Both are taken in turns on the same machine and must be equal bit for bit; the median of the turns' ratios counts. And
what a whole run costs a worker: tape, tables, steps, metrics and series as they are stored. Times are CPU times of one
core after compilation.
"""

from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from experiments.plan.arrangement import Arrangement
from experiments.plan.scenario_option import DEFAULT_PRICES
from experiments.run.run import run_arrangement
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.parameter import per_item

ONE_EACH = {"protocol.listings": (1,)}  # as when the bars were set
CALM = {"price.process": "gbm", **ONE_EACH}


class World(NamedTuple):
    """A world that is run: its name, what it changes of the default scenario, and how many turns are taken."""

    name: str
    changes: dict[str, Any]
    turns: int

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return Scenario().replace(self.changes)


WORLDS = (
    World("calm day", {**CALM, "steps": 2_016}, 7),
    World("10 October 2025", {**DEFAULT_PRICES, **ONE_EACH}, 7),
    World("a million accounts", {**CALM, "trader.number": 125_000, "steps": 20}, 3),
)
WHOLE = WORLDS[:2]  # of which whole runs are timed
FEW: dict[str, Any] = {"trader.number": 100, "steps": 60}  # of a quick check


def compiled_ratios(quick: bool = False) -> list[dict[str, Any]]:
    """Return world, accounts, µs of a step by phases and compiled, and the ratio of the two, for every world."""
    return [time_compiled(world) for world in _worlds(WORLDS, quick)]


def run_times(quick: bool = False) -> list[dict[str, Any]]:
    """Return world, steps and CPU time of a whole run, ms, as a worker does it, for every world."""
    return [time_run(world) for world in _worlds(WHOLE, quick)]


def time_compiled(world: World) -> dict[str, Any]:
    """Return the record of one world; RuntimeError where the two runs differ."""
    turns = [_turn(world, replication) for replication in range(world.turns + 1)][1:]
    stepped, compiled = (median(times) for times in zip(*turns, strict=True))
    scenario = world.scenario
    return {
        "world": world.name,
        "accounts": sum(per_item(scenario.trader.number, scenario.protocol.number)),
        "stepped_us": stepped,
        "compiled_us": compiled,
        "ratio": median(one / other for one, other in turns),
    }


def time_run(world: World) -> dict[str, Any]:
    """Return the record of one world; RuntimeError where a run fails."""
    arrangement, backstop = world.scenario, world.scenario.backstop
    made = Arrangement(world.name, backstop.structure, backstop.regime, arrangement)
    spent = [_whole_run(made, replication) for replication in range(world.turns + 1)][1:]
    return {"world": world.name, "steps": Ecosystem(arrangement).horizon, "cpu_ms": 1e3 * median(spent)}


def differences(one: Ecosystem, other: Ecosystem) -> Iterator[str]:
    """Yield the series, metrics and columns of accounts in which two runs differ in a single bit."""
    series, more = one.series(), other.series()
    yield from (name for name, values in series.items() if values.tobytes() != more[name].tobytes())
    summary, again = one.summary(), other.summary()
    yield from (name for name in summary if np.float64(summary[name]).tobytes() != np.float64(again[name]).tobytes())
    columns = ((name, getattr(one.accounts, name), getattr(other.accounts, name)) for name in one.accounts._fields)
    yield from (f"accounts.{name}" for name, a, b in columns if a.tobytes() != b.tobytes())


def _worlds(worlds: tuple[World, ...], quick: bool) -> list[World]:
    return [world._replace(changes={**world.changes, **FEW}, turns=1) if quick else world for world in worlds]


def _turn(world: World, replication: int) -> tuple[float, float]:
    """Return the µs a step takes by phases and compiled, the first of them first in every other turn."""
    scenario = world.scenario
    runs = Ecosystem(scenario, replication), Ecosystem(scenario, replication)
    todo: list[tuple[int, Callable[[], None]]] = [(0, lambda: _step_through(runs[0])), (1, runs[1].run)]
    spent = [0.0, 0.0]
    for position, go in todo if replication % 2 else reversed(todo):
        start = process_time()
        go()
        spent[position] = 1e6 * (process_time() - start) / runs[0].horizon
    if differing := list(differences(*runs)):
        raise RuntimeError(f"{world.name}: compiled and stepped runs differ in {', '.join(differing[:5])}")
    return spent[0], spent[1]


def _step_through(ecosystem: Ecosystem) -> None:
    for _ in range(ecosystem.horizon):
        ecosystem.step()


def _whole_run(arrangement: Arrangement, replication: int) -> float:
    start = process_time()
    run = run_arrangement(arrangement, replication)
    if run.failure is not None:
        raise RuntimeError(run.failure)
    return process_time() - start
