"""A sweep's plan: every point of its design in every replication, numbered.

Run n is point ``n mod P`` in the ``n div P``-th replication, P points: the replications are shared by all points, so
that points are compared on common random numbers, and an interrupted sweep has treated all points alike.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from experiments.plan.arrangement import Kept
from experiments.plan.design import Crossed, Design, Grid, draw, size
from experiments.plan.identity import as_text, canonical, file_digest, leaves, scenario_identity
from experiments.plan.options import described_series
from experiments.plan.plan_file import Contents, Typed, read_plan_file
from experiments.plan.problem import SweepError
from model.scenario import Scenario, ScenarioError
from model.scenario.check.joint import AMOUNTS

# Runs of a plan beyond which the user must confirm it.
LIMIT = 20_000
MOST = 10_000_000  # most runs of a plan: its table and progress are held in memory
BYTES = 1_000  # bytes of a run's metrics on disk, about
RUNNER = "experiments.run.run:run_arrangement"
FILE_FIELDS = ("price.files", "exposure.file", "trader.accounts")
TOLD = 20  # most problems of points that are listed


class Task(NamedTuple):
    """One run: its number, its point, the replication, and the fields in which the point differs from the base."""

    run: int
    point: int
    replication: int
    changes: dict[str, Any]


class Plan(NamedTuple):
    """What a sweep runs.

    Attributes
    ----------
    base : scenario that every point changes.
    design : the points.
    replications : numbers of the replications.
    kept : what is kept of a run: series, and what reporters say.
    described : the plan as plain data, which must stay the same for the life of a folder.
    runner : ``module:function`` that makes a run of an arrangement and a replication.
    moved : values of the fields that points move.
    notices : a line for every setting that is overridden or has no effect.
    """

    base: Scenario
    design: Design
    replications: range
    kept: Kept
    described: dict[str, Any]
    runner: str = RUNNER
    moved: Mapping[str, Sequence[Any]] = {}
    notices: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.design) * len(self.replications)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that points change, in the order of the design."""
        listed = (name for text in self.described["points"] for name in json.loads(text))
        return tuple(dict.fromkeys([*self.described["fields"], *self.described["across"], *listed]))

    def task(self, run: int) -> Task:
        """Return run number `run`."""
        replication, point = divmod(run, len(self.design))
        return Task(run, point, self.replications[replication], self.design[point])


def read_plan(path: Path, allow_many: bool = False, runner: str = RUNNER, typed: Typed = Typed()) -> Plan:  # noqa: B008
    """Read, check and draw a plan.

    Parameters
    ----------
    path : the plan file.
    allow_many : whether more than ``LIMIT`` runs are allowed.
    runner : ``module:function`` that makes a run.
    typed : what the command line adds to the plan.

    Raises
    ------
    SweepError
        With every problem of the plan.
    """
    contents = read_plan_file(path, typed)
    return drawn(contents, str(path), allow_many, runner)


def drawn(contents: Contents, origin: str, allow_many: bool = False, runner: str = RUNNER) -> Plan:
    """Return the plan of checked `contents`, called `origin` in problems; raises SweepError where it is too large.

    Parameters
    ----------
    contents : what a plan file says, checked.
    origin : name of the plan in problems.
    allow_many : whether more than ``LIMIT`` runs are allowed.
    runner : ``module:function`` that makes a run.
    """
    _check_size(origin, contents, allow_many)
    _check_amounts(origin, contents)
    design = draw(contents.terms, contents.fields, contents.listed)
    if contents.across:
        design = Crossed(design, Grid(contents.across))
    described = _described(contents, runner)
    kept = contents.replications, contents.kept, described, runner, contents.moved, contents.notices
    return Plan(contents.base, design, *kept)


def point_identities(plan: Plan, origin: str) -> list[str]:
    """Return the identity of the runs of every point; raises SweepError with what is wrong with the points."""
    problems: dict[str, None] = {}
    identities = []
    for index in range(len(plan.design)):
        try:
            identity = scenario_identity(plan.base.replace(plan.design[index], origin))
            identities.append(plan.kept.identity(identity))
        except ScenarioError as error:
            problems |= dict.fromkeys(error.problems)
        if len(problems) >= TOLD:
            break
    if problems:
        raise SweepError(problems)
    return identities


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a line for every entry in which two described plans differ."""
    old, new = dict(leaves(before)), dict(leaves(after))
    names = dict.fromkeys([*old, *new])
    return [
        f"{name}: {old.get(name, 'nothing')} there, {new.get(name, 'nothing')} in the plan"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _check_size(origin: str, contents: Contents, allow_many: bool) -> None:
    points = size(contents.terms, contents.fields, contents.listed)
    for field in contents.across:
        points *= len(field.levels())
    runs = points * len(contents.replications)
    if runs > MOST:
        room = runs * BYTES / 1e9
        raise SweepError(
            f"{origin}: {runs} runs are more than {MOST}, some {room:.3g} GB of metrics alone; divide the plan"
        )
    if runs > LIMIT and not allow_many:
        raise SweepError(f"{origin}: {runs} runs are more than {LIMIT}; say --yes to run them")


def _check_amounts(origin: str, contents: Contents) -> None:
    """Refuse points that move a ratio to open interest where the base gives the amount itself."""
    moved = {field.name for field in (*contents.fields, *contents.across)}
    moved |= {name for point in contents.listed for name in point}
    problems = [
        f"{origin}: {ratio} is moved, and {amount} is given in USD: allowed is to move {amount}, or to leave it out"
        for amount, ratio in AMOUNTS.items()
        if ratio in moved and amount not in moved and getattr(contents.base.protocol, amount.partition(".")[2])
    ]
    if problems:
        raise SweepError(problems)


def _described(contents: Contents, runner: str) -> dict[str, Any]:
    moved = (*contents.fields, *contents.across)
    files: list[Any] = [value for field in moved if field.name in FILE_FIELDS for value in field.levels()]
    return {
        "design": contents.terms._asdict(),
        "fields": {field.name: as_text(field) for field in contents.fields},
        "across": {field.name: as_text(field) for field in contents.across},
        "points": [as_text(point) for point in contents.listed],
        "replications": {"first": contents.replications.start, "number": len(contents.replications)},
        "series": described_series(contents.kept.series),
        **contents.kept.described(),
        "runner": runner,
        "base": canonical(contents.base),
        "files": [file_digest(name) for value in files for name in ([value] if isinstance(value, str) else value)],
    }
