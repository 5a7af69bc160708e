"""A map or frontier from options to files: a grid swept in the folder, then read back and drawn.

The folder is a sweep's: started again it does only what is missing, and ``backstop query`` reads it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.plan.arrangement import Kept
from experiments.plan.configuration import base as described_base
from experiments.plan.design import Terms
from experiments.plan.field import Choice, Field
from experiments.plan.notice import design_notices
from experiments.plan.options import Options
from experiments.plan.plan import Plan, drawn
from experiments.plan.plan_file import Contents
from experiments.plan.problem import FAILED, SweepError
from experiments.results.csv_text import sheet
from experiments.results.sweep.world import closing, opening
from experiments.run.interrupt import Interrupt
from experiments.run.stream import announce
from experiments.run.sweep.demand import demand_line, require_room
from experiments.run.sweep.run import Outcome, Where, sweep


def grid_plan(
    options: Mapping[str, Any], axes: Sequence[Field], across: Mapping[str, Sequence[str]], number: int, many: bool
) -> Plan:
    """Return the plan of every point of `axes` with every combination of `across`.

    Parameters
    ----------
    options : of the base scenario, as those of ``backstop compare``.
    axes : fields of the grid, the last changing fastest.
    across : values by field.
    number : replications of every point.
    many : whether many runs are meant.

    Raises
    ------
    SweepError, ConfigurationError
        With every problem.
    """
    if number < 2:
        raise SweepError(f"--replications: {number}: allowed is 2 or more, for an interval")
    described = described_base(Options(**options))
    crossed = tuple(Choice(name, tuple(dict.fromkeys(values))) for name, values in across.items())
    contents = Contents(described.scenario, Terms("grid"), tuple(axes), crossed, (), range(number), Kept(()))
    contents = contents._replace(notices=tuple(design_notices(described, contents.moved)))
    return drawn(contents, "command line", many)


def run(plan: Plan, folder: Path, workers: int, quiet: bool) -> Outcome:
    """Do what is missing of `plan` in `folder`; raises SweepError where it was stopped, what is finished kept.

    Parameters
    ----------
    plan : of a sweep over the fields of the axes.
    folder : of the sweep.
    workers : processes.
    quiet : no progress.
    """
    announce([*opening(plan), demand_line(plan)], quiet)
    require_room(plan, folder)
    with Interrupt() as stop:
        outcome = sweep(plan, folder, "command line", open_executor=Where(workers).open, stop=stop, quiet=quiet)
    if not outcome.complete:
        raise SweepError(
            f"interrupted; start again to do the rest, what is finished is in {folder}", stop.code or FAILED
        )
    announce(closing(folder), quiet)
    return outcome


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows with equal keys as CSV, numbers to the last digit."""
    path.write_text(sheet(list(rows[0]), rows), encoding="utf-8", newline="")
    return path
