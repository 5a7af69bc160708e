"""What a plan takes of the disk and of time, as an order of magnitude, told before it begins.

A run's series have a number for each step; its metrics are a row of a part, and a part has a heading worth some rows.
Its time follows from what it is (:mod:`model.scenario.check.demand`). A plan's runs are judged by a few of its points.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from experiments.plan.plan import BYTES, Plan
from experiments.plan.problem import SweepError
from experiments.plan.shard import Shard
from experiments.run.progress import clock
from experiments.run.sweep.chunk_size import TARGET
from model.measure.series import ALL, PROTOCOL_SERIES, TOTALS, Choice, resolved
from model.scenario import ScenarioError
from model.scenario.check.demand import size_of, size_text, time_needed
from model.state.account_book import settled
from model.state.reader.problem import AccountFileError

if TYPE_CHECKING:
    from model.scenario import Scenario

LOOKED_AT = 16  # points of a design, evenly spread
HEADING = 45_000.0  # bytes of a part with one row
COMMON, EACH = 20.0, 15.0  # series of a run, and of each of its protocols
NUMBER = 0.8  # bytes of a number of a series, four squeezed to less than a quarter
LARGE = 1e9  # bytes that are told in GB
CLEARLY = 5.0  # times what is free: an estimate is no reason to refuse what may just fit


class Demand(NamedTuple):
    """Bytes on the disk, and seconds of one core."""

    bytes: float
    seconds: float


def demand(plan: Plan, shard: Shard = Shard()) -> Demand:  # noqa: B008
    """Return what the runs of a shard take, from what some points of the plan do."""
    found = [_of_a_run(scenario, plan.kept.series) for scenario in _some(plan)]
    runs = shard.size(plan.runs) / max(len(found), 1)
    return Demand(runs * sum(one.bytes for one in found), runs * sum(one.seconds for one in found))


def demand_line(plan: Plan) -> str:
    """Return the line that tells it."""
    needed = demand(plan)
    return f"{plan.runs:,} runs: some {_text(needed.bytes)} on the disk, {clock(needed.seconds)} of one core"


def require_room(plan: Plan, folder: Path, shard: Shard = Shard()) -> None:  # noqa: B008
    """Raise SweepError where the disk of `folder` clearly has no room for what is yet to be written there."""
    try:
        needed, free = demand(plan, shard).bytes - _there(folder), _free(folder)
    except OSError:  # anyone who begins the folder tells what is wrong with it
        return
    if needed > CLEARLY * free:
        room = f"the plan needs some {_text(needed)} of disk, and {_text(free)} are free"
        raise SweepError(f"{folder}: {room}; allowed is less: fewer runs, series = false or 'totals', or another --out")


def _some(plan: Plan) -> Iterator["Scenario"]:
    points = len(plan.design)
    for index in sorted({position * (points - 1) // (LOOKED_AT - 1) for position in range(LOOKED_AT)}):
        try:
            yield settled(plan.base.replace(plan.design[index]))
        except (ScenarioError, AccountFileError):  # it is told by name where all points are checked
            continue


def _of_a_run(scenario: "Scenario", series: Choice) -> Demand:
    size, seconds = size_of(scenario), time_needed(scenario)
    numbers = size.steps * _columns(resolved(series, size.protocols), size.protocols)
    heading = HEADING * min(seconds / TARGET, 1.0)
    return Demand(BYTES + heading + NUMBER * numbers, seconds)


def _columns(series: Choice, protocols: float) -> float:
    """Return how many series a run of so many protocols has of those chosen."""
    if ALL in series:
        return COMMON + EACH * protocols
    names = [protocols if word in PROTOCOL_SERIES else 1.0 for word in series if word != TOTALS]
    return sum(names) + (COMMON + EACH if TOTALS in series else 0.0)


def _there(folder: Path) -> int:
    return sum(file.stat().st_size for name in ("runs", "series") for file in (folder / name).glob("*.parquet"))


def _free(folder: Path) -> int:
    path = folder.absolute()
    return shutil.disk_usage(next(part for part in (path, *path.parents) if part.exists())).free


def _text(size: float) -> str:
    return size_text(size) if size >= LARGE else f"{size / 1e6:,.1f} MB"
