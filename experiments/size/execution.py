"""A sizing from plan to result folder: losses, search, document, figure, manifest."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.configuration import Plan
from experiments.crew import Crew
from experiments.manifest import study_manifest
from experiments.size.answer import Answer
from experiments.size.sizing import Sizer
from experiments.size.view import document
from experiments.world import plan_world

if TYPE_CHECKING:
    from experiments.result_folder import ResultFolder

# Trials a search is expected to need, in full sets of replications; only for the progress bar.
EXPECTED = 1.2


def expected_runs(plan: Plan) -> int:
    """Return about how many runs a sizing takes."""
    return round(plan.replications * (1 + EXPECTED * len(plan.structures) * len(plan.regimes)))


def find(plan: Plan, target: float, tolerance: float, advance: Callable[[], None]) -> Answer:
    """Measure the losses and search the capital for every structure under every regime."""
    from model.foundation import allotment_weights, open_interest  # noqa: PLC0415

    scenario = plan.scenario
    with Crew(plan.workers) as crew:
        sizer = Sizer(scenario, range(plan.replications), crew, advance)
        losses = sizer.losses()
        pairs = [(structure, regime) for regime in plan.regimes for structure in plan.structures]
        sizes = tuple(sizer.size(*pair, losses, target, tolerance) for pair in pairs)
    return Answer(target, open_interest(scenario), allotment_weights(scenario), losses, sizes)


def keep(folder: "ResultFolder", plan: Plan, answer: Answer) -> None:
    """Leave losses, figure and manifest in the result folder."""
    from experiments.figure import size  # noqa: PLC0415
    from experiments.figure.style import save_alone  # noqa: PLC0415

    columns = {f"protocol_{i}": answer.losses[:, i] for i in range(answer.losses.shape[1])}
    pq.write_table(
        pa.table({"replication": np.arange(len(answer.losses)), **columns}), folder.hidden / "losses.parquet"
    )
    save_alone(folder.hidden, "size", size.draw, answer)
    told = {"replications": plan.replications, "world": plan_world(plan), "notices": list(plan.notices)}
    folder.finish(study_manifest(plan.scenario, "sizing", document(answer), **told))
