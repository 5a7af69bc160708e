"""A calibration from the words of the command line to its findings."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.plan.configuration import ORIGIN, base
from experiments.plan.notice import notices
from experiments.plan.options import ConfigurationError, Options
from experiments.run.process_pool import Crew
from experiments.study.calibration.field import Field, applied, chosen_fields, current_value
from experiments.study.calibration.fit import Fit, Search, Target
from experiments.study.calibration.judgement import Judged, runs_for, widened
from experiments.study.calibration.moment import Floats, labels, vector
from experiments.study.calibration.record import Record, covariance, read_record
from experiments.study.calibration.report import Calibration
from experiments.study.calibration.simulation import RECORDS, Simulation, simulation
from model.price.reader.file import PriceFileError
from model.price.streams import Streams
from model.scenario.problem import ScenarioError

if TYPE_CHECKING:
    from experiments.plan.scenario_option import Described


class Wish(NamedTuple):
    """What the user typed."""

    prices: tuple[str, ...]
    process: str
    fields: tuple[str, ...]
    scenario: str | None
    settings: tuple[str, ...]
    days: float | None  # length of a run of the whole model; none for the process alone
    replications: int
    starts: int
    iterations: int
    seed: int | None
    check: float | None = None  # days of the moments simulated once more; none for as many as the record has


class Task(NamedTuple):
    """A calibration that has been checked and can be run.

    Attributes
    ----------
    record, fields, simulation, target : what is matched, by what, and how.
    own : (M, M) covariance of the record's moments alone.
    runs : replications of the moments once more; 0 for none.
    """

    record: Record
    fields: tuple[Field, ...]
    simulation: Simulation
    target: Target
    own: Floats
    runs: int
    notices: tuple[str, ...] = ()  # what was asked for and gives way or does nothing


def task(wish: Wish) -> Task:
    """Check what was typed and read the record.

    Raises
    ------
    ConfigurationError : with every problem, one line each.
    """
    record, described = _read(wish)
    scenario = described.scenario
    fields = chosen_fields(wish.process, wish.fields, scenario, len(record.assets))
    simulated = simulation(scenario, record, wish.replications, wish.days)
    if not simulated.volume:
        record = record._replace(series=record.series._replace(volume=None))
    moments = vector(record.series)
    if len(moments) < len(fields):
        reason = f"{len(fields)} fields: at most {len(moments)}, the number of moments, are allowed"
        raise ConfigurationError([f"{ORIGIN}: --field: {reason}"])
    own, longer = covariance(record), wish.replications * simulated.days / record.days
    again = record.days if wish.check is None else wish.check
    runs = runs_for(again, simulated.days) if again > 0.0 else 0
    told = tuple(notices(described, {}))
    return Task(record, fields, simulated, Target(moments, widened(own, longer)), own, runs, told)


def _read(wish: Wish) -> tuple[Record, "Described"]:
    problems: list[str] = []
    if not wish.prices:
        problems.append(f"{ORIGIN}: --prices: none: at least one price file is needed")
    record = described = None
    try:
        described = base(Options(process=wish.process, scenario=wish.scenario, settings=wish.settings, seed=wish.seed))
        record = read_record(wish.prices) if wish.prices else None
    except (ConfigurationError, PriceFileError, ScenarioError) as error:
        problems += error.problems
    if record is None or described is None or problems:
        raise ConfigurationError(problems)
    return record, described


def run(task: Task, starts: int, iterations: int, workers: int, advance: Callable[[], Any]) -> Calibration:
    """Search and return the findings; replications of the whole model are shared among `workers` processes."""
    with Crew(workers if task.simulation.whole else 1) as crew:
        return _run(task, starts, iterations, crew, advance)


def _run(task: Task, starts: int, iterations: int, crew: Crew, advance: Callable[[], Any]) -> Calibration:
    simulated, record = task.simulation, task.record
    crew.compile(simulated.scenario)
    moments = partial(simulated.moments, spread=crew.map)
    scatter = None if simulated.whole else simulated.scatter
    search = Search(task.fields, task.target, moments, scatter, advance, RECORDS - 1.0)
    fit = search.run(starts, iterations, _present(task))
    found = applied(simulated.scenario, fit.values)
    series = simulated.joined(found, crew.map) if simulated.whole else simulated.path(found, Streams(found.seed, 0))
    names = labels(record.assets, record.series.volume is not None)
    judged = Judged(simulated.replications * simulated.days, fit.target, fit.simulated)
    return Calibration(
        scenario=simulated.scenario,
        record=record,
        names=names,
        fit=fit,
        series=series,
        whole=simulated.whole,
        judged=judged,
        again=_again(task, fit, crew),
    )


def _again(task: Task, fit: Fit, crew: Crew) -> Judged | None:
    """Return the moments at the estimate in replications that the search has not seen, None where not asked for."""
    simulated = task.simulation
    if not task.runs:
        return None
    found = simulated.again(fit.values, task.runs, crew.map)
    days = task.runs * simulated.days
    if simulated.whole:
        return Judged(days, Target(task.target.moments, widened(task.own, days / task.record.days)), found)
    # The scatter at the estimate is that of a record, widened for the replications of a point.
    shorter = (1.0 + 1.0 / task.runs) / (1.0 + 1.0 / simulated.replications)
    return Judged(days, fit.target._replace(covariance=shorter * fit.target.covariance), found)


def _present(task: Task) -> np.ndarray | None:
    """Return the scenario's own values as a further start, None where one is out of bounds."""
    held = [(field, float(current_value(task.simulation.scenario, field.name))) for field in task.fields]
    inside = all(field.low <= value <= field.high for field, value in held)
    return np.array([field.unit(value) for field, value in held]) if inside else None
