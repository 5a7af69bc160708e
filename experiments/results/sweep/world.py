"""What a sweep says before and after: the world it varies, and whether anything was stressed."""

from pathlib import Path
from typing import Any

from experiments.plan.plan import Plan
from experiments.plan.problem import SweepError
from experiments.plan.world import unstressed, world

COMPARED = ("backstop.structure", "backstop.regime")


def plan_world(plan: Plan) -> dict[str, Any]:
    """Return the world of a sweep: that of its base, and what its points move."""
    structures, regimes = ([str(value) for value in plan.moved.get(name, ())] for name in COMPARED)
    moved = {name: values for name, values in plan.moved.items() if name not in COMPARED}
    return world(plan.base, structures, regimes, len(plan.replications), moved)


def opening(plan: Plan) -> list[str]:
    """Return the lines to say before a sweep runs."""
    return [*plan_world(plan)["lines"], *(f"note: {line}" for line in plan.notices)]


def closing(folder: Path) -> list[str]:
    """Return the lines to say after: a warning where no finished run has a deficit."""
    from experiments.results.sweep.table import run_table  # noqa: PLC0415

    try:
        return unstressed(run_table(folder, ["deficit"])["deficit"].tolist())
    except SweepError:
        return []
