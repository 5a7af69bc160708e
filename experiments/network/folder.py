"""What a survey of a network leaves behind: manifest with the whole document, and the figure."""

from typing import TYPE_CHECKING

from experiments.configuration import Plan
from experiments.manifest import COMPLETE
from experiments.network.survey import Survey
from experiments.network.view import document
from experiments.provenance import command_line, provenance, utc_now

if TYPE_CHECKING:
    from experiments.result_folder import ResultFolder


def keep(folder: "ResultFolder", plan: Plan, found: Survey) -> None:
    """Leave figure and manifest in the result folder."""
    from experiments.figure import network  # noqa: PLC0415
    from experiments.figure.style import save, styled  # noqa: PLC0415

    (folder.hidden / "figures").mkdir()
    with styled():
        save(network.draw(found), folder.hidden / "figures" / "network")
    folder.finish(
        {
            "status": COMPLETE,
            "command_line": command_line(),
            "finished": utc_now(),
            **provenance(),
            "seed": plan.scenario.seed,
            "replications": plan.replications,
            "scenario": plan.scenario.model_dump(mode="json"),
            "network": document(found),
        }
    )
