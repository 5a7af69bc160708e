"""The manifest of a result folder: everything needed to say what was run, and to run it again."""

from typing import TYPE_CHECKING, Any

from experiments.plan.configuration import Plan
from experiments.plan.identity import file_digest
from experiments.plan.world import plan_world, world
from experiments.results.provenance import command_line, provenance, utc_now
from experiments.study.comparison.stopping import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from experiments.plan.arrangement import Arrangement
    from experiments.results.run import Run
    from experiments.study.comparison.answer import Comparison
    from experiments.study.comparison.pilot import Pilot
    from model.scenario import Scenario

COMPLETE, PARTLY_FAILED, INTERRUPTED = "complete", "some runs failed", "interrupted"


def status(comparison: "Comparison", pilot: "Pilot", stopped: bool) -> str:
    """Return how the comparison ended."""
    if stopped:
        return INTERRUPTED
    return PARTLY_FAILED if comparison.failed or pilot.failed else COMPLETE


def manifest(
    plan: Plan,
    arrangements: "Sequence[Arrangement]",
    pilot: "Pilot",
    comparison: "Comparison",
    started: str,
    ended: str,
) -> dict[str, Any]:
    """Return the manifest.

    Parameters
    ----------
    plan, arrangements, pilot, comparison : the request and its result.
    started : UTC moment in ISO 8601.
    ended : how it ended, one of the three of this module.
    """
    return {
        "status": ended,
        "command_line": command_line(),
        "started": started,
        "finished": utc_now(),
        **provenance(),
        "seed": plan.scenario.seed,
        "replications": comparison.replications,
        **({"precision": record(plan.precision, comparison)} if plan.precision else {}),
        "workers": plan.workers,
        "runs": {"planned": len(arrangements) * comparison.replications, "finished": comparison.finished},
        "world": {**plan_world(plan), "replications": comparison.replications},
        "notices": list(plan.notices),
        "scenario": plan.scenario.model_dump(mode="json"),
        **plan.kept.described(),
        "files": {name: file_digest(name) for name in _files(plan.scenario)},
        "cells": {arrangement.name: _arrangement(arrangement) for arrangement in arrangements},
        "pilot": {"replications": pilot.replications, **pilot.estimate._asdict(), "misplaced": pilot.misplaced},
        "failures": failures([*pilot.failed, *comparison.failed]),
    }


def study_manifest(scenario: "Scenario", name: str, document: dict[str, Any], **told: Any) -> dict[str, Any]:
    """Return the manifest of a finished study, its `document` under its `name`, and what else is `told`."""
    return {
        "status": COMPLETE,
        "command_line": command_line(),
        "finished": utc_now(),
        **provenance(),
        "seed": scenario.seed,
        "world": world(scenario, replications=told.get("replications")),
        **told,
        "scenario": scenario.model_dump(mode="json"),
        "files": {file: file_digest(file) for file in _files(scenario)},
        name: document,
    }


def failures(runs: "Iterable[Run]") -> list[dict[str, Any]]:
    """Return what failed: arrangement, replication, the error in one line and its traceback."""
    return [
        {
            "cell": run.arrangement,
            "replication": run.replication,
            "error": (run.failure or "").strip().splitlines()[-1],
            "traceback": run.failure,
        }
        for run in runs
    ]


def _files(scenario: "Scenario") -> tuple[str, ...]:
    """Return the files that the scenario reads."""
    return (*scenario.price.files, *filter(None, (scenario.exposure.file, scenario.trader.accounts)))


def _arrangement(arrangement: "Arrangement") -> dict[str, Any]:
    return {
        "structure": arrangement.structure,
        "regime": arrangement.regime,
        "backstop": arrangement.scenario.backstop.model_dump(mode="json"),
    }
