"""Runs the studies of the page one after another, and keeps each so that it need not be run again.

A study is kept as the metrics of every run, under a digest of code, scenario, structures and number of runs: started
again, only what is missing or has changed is run. A study in which a run fails is told on the page and is not kept.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from experiments.plan import arrangement
from experiments.plan.configuration import Plan
from experiments.plan.identity import code_version, digest, file_digest, scenario_identity
from experiments.results.run import Run
from experiments.run.process_pool import WorkerPool
from experiments.study.comparison import pilot
from experiments.study.comparison.answer import Comparison
from experiments.study.findings.study import Study

if TYPE_CHECKING:
    from model.scenario import Scenario

JOIN = "|"


class Effort(NamedTuple):
    """How much is spent: replications asked for, workers, seed, and changes in every study."""

    replications: int
    workers: int
    seed: int
    further: Mapping[str, Any]


class Measured(NamedTuple):
    """A study with its runs; `failure` is the error of one that failed."""

    study: Study
    scenario: "Scenario"
    comparison: Comparison
    failure: str | None = None


def measure(study: Study, effort: Effort, executor: WorkerPool, folder: Path, advance: Callable[[], None]) -> Measured:
    """Return the study's runs, from `folder` where they are kept there, else run by `executor` and then kept.

    Parameters
    ----------
    study : what is compared.
    effort : replications, workers, seed and changes of every study.
    executor : runs what is not there yet.
    folder : where finished studies are kept.
    advance : called after every run.
    """
    number = study.replications(effort.replications)
    scenario = study.scenario(effort.seed, effort.further)
    regimes = study.regimes or (scenario.backstop.regime,)
    plan = Plan(scenario, study.structures, regimes, number, effort.workers, folder)
    key = digest(_code(), scenario_identity(scenario), *study.structures, *regimes, str(number))
    place = folder / f"{study.name}-{key}.npz"
    if place.exists():
        return Measured(study, scenario, _read(place, number))
    comparison = _run(plan, executor, advance)
    if comparison.failed:
        return Measured(study, scenario, comparison, (comparison.failed[0].failure or "").strip().splitlines()[-1])
    _keep(place, comparison)
    return Measured(study, scenario, comparison)


def _code() -> str:
    """Return a digest of all that makes a study's runs: the model, and how cells and their pilot are made."""
    return digest(code_version(), *(file_digest(str(module.__file__)) for module in (arrangement, pilot)))


def _run(plan: Plan, executor: WorkerPool, advance: Callable[[], None]) -> Comparison:
    estimate = pilot.run_pilot(plan, executor, lambda: False, lambda: None).estimate
    chosen = arrangement.cells(plan.scenario, plan.structures, plan.regimes, estimate)
    comparison = Comparison([one.name for one in chosen], range(plan.replications))
    for run in executor.replicate(chosen, range(plan.replications)):
        comparison.add(run)
        advance()
    return comparison


def _keep(place: Path, comparison: Comparison) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    named: dict[str, Any] = {
        JOIN.join((name, metric)): comparison.values(name, metric)
        for name in comparison.cells
        for metric in comparison.metrics
    }
    temporary = place.with_name(f".{place.name}")
    with temporary.open("wb") as file:
        np.savez_compressed(file, cells=np.array(comparison.cells), **named)
    temporary.replace(place)


def _read(place: Path, number: int) -> Comparison:
    with np.load(place) as held:
        names = [str(name) for name in held["cells"]]
        columns = {tuple(column.split(JOIN)): held[column] for column in held.files if column != "cells"}
    comparison = Comparison(names, range(number))
    for name in names:
        own = {metric: values for (there, metric), values in columns.items() if there == name}
        for r in range(number):
            summary = {metric: float(values[r]) for metric, values in own.items()}
            comparison.add(Run(name, name, "", r, summary, {}))
    return comparison


class Sized(NamedTuple):
    """A sizing at one target: its document and its sentences."""

    target: float
    document: dict[str, Any]
    sentences: list[str]


def size(scenario: "Scenario", target: float, number: int, workers: int, folder: Path) -> Sized:
    """Return what ``backstop size`` says of isolated and pooled capital at `target`, kept like a study.

    Parameters
    ----------
    scenario : whose backstop is sized.
    target : wanted probability of cover, in (0, 1).
    number : replications.
    workers : processes.
    folder : where answers are kept.
    """
    from experiments.results.folder import plain  # noqa: PLC0415
    from experiments.study.size.run import find  # noqa: PLC0415
    from experiments.study.size.table import document, verdict  # noqa: PLC0415

    key = digest(code_version(), scenario_identity(scenario), str(target), str(number))
    place = folder / f"size-{target:g}-{key}.json"
    if not place.exists():
        plan = Plan(scenario, ("isolated", "pooled"), (scenario.backstop.regime,), number, workers, folder)
        answer = find(plan, target, 0.01, lambda: None)
        place.parent.mkdir(parents=True, exist_ok=True)
        told = {"document": plain(document(answer)), "sentences": verdict(answer)}
        place.write_text(json.dumps(told), encoding="utf-8")
    held = json.loads(place.read_text(encoding="utf-8"))
    return Sized(target, held["document"], held["sentences"])
