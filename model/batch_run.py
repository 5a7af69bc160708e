"""An ecosystem under a runner of Mesa, such as ``mesa.batch_run``: the parameters passed and the data collected.

A runner passes each run its parameters by name, and ``rng``. An integer is the run's seed, in place of the scenario's;
None leaves that as it is, so that a row is the run that scenario and replication address. A runner that asks for
iterations passes None each time, which repeats the same run: a warning says so. ``rng=range(5)`` gives five
worlds, ``replication: range(5)`` as a parameter gives five that other scenarios meet as well.

It reads a data collector: a row a step of the series, and in the last row the metrics of the run.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import numpy as np

from model.scenario import Scenario

type RunSeed = int | np.integer | Sequence[int] | np.random.SeedSequence | np.random.Generator | None
NOT_GIVEN: Any = object()
_begun: set[int] = set()


def described(
    scenario: Scenario | None, replication: int, rng: RunSeed = NOT_GIVEN, fields: Mapping[str, Any] | None = None
) -> Scenario:
    """Return a run's scenario: `scenario` or the default, its `fields` replaced, seeded by `rng` where there is one.

    Parameters
    ----------
    scenario : all parameters; none: the defaults.
    replication : index of the run among those of one seed.
    rng : a seed, or what one is drawn from; none, as Mesa passes it, leaves the scenario's.
    fields : dotted names of parameters → values that take the place of the scenario's.

    Raises
    ------
    TypeError : `scenario` is not a scenario.
    model.scenario.ScenarioError : a field is unknown, or a value is not allowed.
    """
    if not isinstance(scenario, Scenario | None):
        raise TypeError(f"scenario: {type(scenario).__name__}; allowed: a model.scenario.Scenario, or a list of them")
    chosen = scenario or Scenario()
    named = {**(fields or {}), **({} if rng is NOT_GIVEN or rng is None else {"seed": seed_of(rng)})}
    found = chosen.replace(named) if named else chosen
    if rng is None:
        _tell_again(found, replication)
    return found


def seed_of(rng: RunSeed) -> int:
    """Return the seed given by `rng`: itself where it is a number, else one drawn from it."""
    if isinstance(rng, int | np.integer):
        return int(rng)
    return int(np.random.default_rng(rng).integers(2**63))


def collected(series: Mapping[str, np.ndarray], metrics: Mapping[str, float], steps: int) -> mesa.DataCollector:
    """Return a Mesa data collector with a row a step.

    A column each for the series, and for the metrics, which are of the run so far and stand in the last row alone; a
    name of both is a metric.
    """
    before = [math.nan] * (steps - 1)
    columns = {name: values.tolist() for name, values in series.items() if name not in metrics}
    columns |= {name: [*before, value] if steps else [] for name, value in metrics.items()}
    collector = mesa.DataCollector(dict.fromkeys(columns, "series"))
    collector.model_vars = columns
    collector._collection_steps = list(range(1, steps + 1))
    return collector


def _tell_again(scenario: Scenario, replication: int) -> None:
    """Warn that a run is the same as an earlier one of this process."""
    run = hash((scenario, replication))
    if run in _begun:
        warnings.warn(
            f"rng=None: seed {scenario.seed} and replication {replication} again, which is the same run again; for "
            "runs that differ give rng=range(5) in place of iterations=5, or replication=range(5)",
            stacklevel=4,
        )
    _begun.add(run)
