"""The result folder of a survey: manifest with the whole document, and the figure."""

from typing import TYPE_CHECKING

from experiments.figure.attempt import save_alone
from experiments.plan.configuration import Plan
from experiments.study.comparison.manifest import study_manifest
from experiments.study.network.survey import Survey
from experiments.study.network.table import conclusions, document

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder


def keep(folder: "ResultFolder", plan: Plan, survey: Survey) -> None:
    """Write figure and manifest into the result folder."""
    save_alone(folder.path, "network", survey, "experiments.study.network.figure")
    told = {"replications": plan.replications, "summary": [*conclusions(survey), *survey.notes]}
    folder.finish(study_manifest(plan.scenario, "network", document(survey), **told))
