"""Runs the studies of the page one after another, and keeps each so that it need not be run again.

A study is the result folder of a comparison without series, a sizing that of `backstop size`, under a digest of code,
scenario, structures and number of runs: started again, only the runs that are missing or have changed are made. A study
in which a run fails is told on the page, and that run is made again the next time.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.plan import arrangement
from experiments.plan.configuration import Plan, asked
from experiments.plan.identity import code_version, digest, file_digest, scenario_identity
from experiments.results.folder import ResultFolder, plain
from experiments.results.provenance import utc_now
from experiments.run.executor import never
from experiments.run.process_pool import WorkerPool
from experiments.run.recorded import Recorded
from experiments.study.comparison import pilot
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.manifest import manifest, status
from experiments.study.findings.study import Study

if TYPE_CHECKING:
    from model.scenario import Scenario

TOLERANCE = 0.01  # relative, of a size


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
    key = digest(_code(), scenario_identity(scenario), *study.structures, *regimes, str(number))
    plan = Plan(scenario, study.structures, regimes, number, effort.workers, folder / f"{study.name}-{key}")
    with ResultFolder(plan.folder, "comparison", asked(plan), series=False) as kept:
        comparison = _run(plan, kept, executor, advance)
    failed = comparison.failed
    return Measured(study, scenario, comparison, (failed[0].failure or "").strip().splitlines()[-1] if failed else None)


def _code() -> str:
    """Return a digest of all that makes a study's runs: the model, and how arrangements and their pilot are made."""
    return digest(code_version(), *(file_digest(str(module.__file__)) for module in (arrangement, pilot)))


def _run(plan: Plan, kept: ResultFolder, executor: WorkerPool, advance: Callable[[], None]) -> Comparison:
    started = utc_now()
    sized = pilot.run_pilot(plan, Recorded(executor, kept.pilot), never, lambda: None)
    chosen = arrangement.arrangements(plan.scenario, plan.structures, plan.regimes, sized.estimate)
    comparison = Comparison([one.name for one in chosen], range(plan.replications))
    for run in Recorded(executor, kept.runs).replicate(chosen, range(plan.replications)):
        comparison.add(run)
        advance()
    if comparison.finished and not kept.unchanged:
        kept.finish(manifest(plan, chosen, sized, comparison, started, status(comparison, sized, False)))
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
    from experiments.study.size.run import find, keep, words  # noqa: PLC0415
    from experiments.study.size.table import document, verdict  # noqa: PLC0415

    key = digest(code_version(), scenario_identity(scenario), str(target), str(number))
    path = folder / f"size-{target:g}-{key}"
    plan = Plan(scenario, ("isolated", "pooled"), (scenario.backstop.regime,), number, workers, path)
    with ResultFolder(path, "sizing", words(plan, target, TOLERANCE), series=False) as kept:
        answer = find(plan, target, TOLERANCE, lambda: None, kept.runs)
        if not kept.unchanged:
            keep(kept, plan, answer)
    return Sized(target, plain(document(answer)), verdict(answer))
