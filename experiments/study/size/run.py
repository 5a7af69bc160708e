"""A sizing from plan to result folder: losses, search, document, figure, manifest."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from experiments.plan.configuration import Plan, asked
from experiments.plan.world import plan_world
from experiments.results.parquet import write_alone
from experiments.results.run_store import RunStore
from experiments.run.process_pool import WorkerPool
from experiments.run.recorded import recorded
from experiments.study.comparison.manifest import study_manifest
from experiments.study.size.answer import Answer
from experiments.study.size.caveat import caveats
from experiments.study.size.sizing import Size, Sizer
from experiments.study.size.table import document, verdict

if TYPE_CHECKING:
    from experiments.results.folder import ResultFolder

# Runs a search and the judging of its sizes are expected to need, in full sets of replications; only for the progress
# bar. Own right sizes are searched member by member.
EXPECTED, EXPECTED_OWN = 2.0, 7.0


def expected_runs(plan: Plan) -> int:
    """Return about how many runs a sizing takes."""
    each_regime = EXPECTED * len(plan.structures) + EXPECTED_OWN
    return round(plan.replications * (1 + each_regime * len(plan.regimes)))


def words(plan: Plan, target: float, tolerance: float) -> dict[str, Any]:
    """Return everything a sizing's numbers depend on."""
    return {**asked(plan), "target": target, "tolerance": tolerance}


def find(
    plan: Plan, target: float, tolerance: float, advance: Callable[[], None], store: RunStore | None = None
) -> Answer:
    """Measure the losses and search, at both targets, every structure and own right sizes under every regime.

    Parameters
    ----------
    plan : a checked plan.
    target : wanted probability of cover, above 0 and below 1.
    tolerance : relative width at which a search stops.
    advance : called after every run.
    store : where finished runs are, and are kept; none to keep them nowhere.
    """
    from model.state.initial import allotment_weights, open_interest  # noqa: PLC0415

    scenario = plan.scenario
    with WorkerPool(plan.workers) as pool:
        executor = recorded(pool, store)
        sizer = Sizer(scenario, range(plan.replications), executor, advance)
        losses = sizer.losses()
        sizes: list[Size] = []
        for regime in plan.regimes:
            for structure in plan.structures:
                sizes += sizer.sizes(structure, regime, losses, target, tolerance)
            sizes += sizer.own(regime, losses, target, tolerance)
    return Answer(
        target, open_interest(scenario), allotment_weights(scenario), losses, tuple(sizes), scenario.protocol.name
    )


def keep(folder: "ResultFolder", plan: Plan, answer: Answer) -> None:
    """Leave losses, figure and manifest in the result folder."""
    from experiments.figure.attempt import save_alone  # noqa: PLC0415

    columns = {f"protocol_{i}": answer.losses[:, i] for i in range(answer.losses.shape[1])}
    write_alone(pa.table({"replication": np.arange(len(answer.losses)), **columns}), folder.path / "losses.parquet")
    save_alone(folder.path, "size", answer, "experiments.study.size.figure")
    told: dict[str, Any] = {"replications": plan.replications, "world": plan_world(plan), "notices": list(plan.notices)}
    told |= {"summary": [*verdict(answer), *caveats(answer)]}
    folder.finish(study_manifest(plan.scenario, "sizing", document(answer), **told))
