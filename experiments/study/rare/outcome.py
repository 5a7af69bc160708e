"""What a rare-event study leaves in its folder, whichever way it estimated: a table, a figure and a manifest."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from experiments.plan.configuration import Plan
from experiments.plan.world import plan_world
from experiments.results.parquet import write_alone
from experiments.study.comparison.manifest import study_manifest

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder


class Outcome(NamedTuple):
    """The result of one way of estimating, as a folder keeps it."""

    answer: Any  # what the figure draws
    figure: str  # module that draws it
    name: str  # of the table's file
    table: pa.Table  # weighted replications, or products
    document: dict[str, Any]  # numbers of the manifest
    summary: Sequence[str]  # lines that tell what to mind


def keep(folder: "ResultFolder", plan: Plan, outcome: Outcome) -> None:
    """Leave table, figure and manifest in the result folder."""
    from experiments.figure.attempt import save_alone  # noqa: PLC0415

    write_alone(outcome.table, folder.path / f"{outcome.name}.parquet")
    save_alone(folder.path, "rare", outcome.answer, outcome.figure)
    said: dict[str, Any] = {"replications": plan.replications, "world": plan_world(plan), "notices": list(plan.notices)}
    said |= {"summary": list(outcome.summary)}
    folder.finish(study_manifest(plan.scenario, "rare", outcome.document, **said))
