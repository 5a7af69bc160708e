"""A comparison from plan to result folder: pilot, runs, tables, figures, manifest.

Rows are written as the runs come in, so memory does not grow with the number of steps. Ctrl-C ends the runs
and still finishes the folder with those that were done. Begun again in the same folder it takes the runs that are there
and makes the others; of a comparison that is complete it shows what is there.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from experiments.plan.arrangement import Arrangement, arrangements, needs_pilot
from experiments.plan.configuration import Plan
from experiments.plan.options import Term
from experiments.results.folder import ResultFolder
from experiments.results.provenance import utc_now
from experiments.results.run import Run
from experiments.run.process_pool import WorkerPool
from experiments.run.progress import Progress
from experiments.run.recorded import Recorded
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.draw import draw_all, prepare
from experiments.study.comparison.manifest import COMPLETE, INTERRUPTED, manifest, status
from experiments.study.comparison.pilot import pilot_replications, run_pilot
from experiments.study.comparison.stopping import batches, lacking, require_known


class Outcome(NamedTuple):
    """What came of a comparison; `folder` is None where no run finished before it was stopped."""

    comparison: Comparison
    manifest: dict[str, Any]
    folder: Path | None

    @property
    def complete(self) -> bool:
        """Whether every run finished."""
        return bool(self.manifest["status"] == COMPLETE)


def planned_runs(plan: Plan) -> int:
    """Return the number of runs of `plan`, its pilot included."""
    variants = len(plan.structures) + ("isolated" in plan.structures)
    pilot = pilot_replications(plan.replications) if needs_pilot(plan.scenario, plan.structures) else 0
    return variants * len(plan.regimes) * max(len(plan.premiums), 1) * plan.replications + pilot


def execute(plan: Plan, folder: ResultFolder, progress: Progress, stop: Callable[[], bool]) -> Outcome:
    """Run `plan` and leave its results in `folder`.

    Parameters
    ----------
    plan : a checked plan.
    folder : an open result folder; finished here.
    progress : told of every run.
    stop : read between runs; once true no further run is begun.
    """
    with WorkerPool(plan.workers) as pool:
        if plan.workers > 1:
            prepare()
        return _execute(plan, folder, progress, stop, pool)


def _execute(
    plan: Plan, folder: ResultFolder, progress: Progress, stop: Callable[[], bool], pool: WorkerPool
) -> Outcome:
    started = utc_now()
    pilot = run_pilot(plan, Recorded(pool, folder.pilot), stop, lambda: progress.advance(what="pilot"))
    arranged = arrangements(plan.scenario, plan.structures, plan.regimes, pilot.estimate, plan.premiums)
    chosen = tuple(arrangement._replace(kept=plan.kept) for arrangement in arranged)
    comparison = Comparison([arrangement.name for arrangement in chosen], ())
    interrupted = _run(plan, chosen, comparison, progress, stop, Recorded(pool, folder.runs))
    if folder.unchanged and folder.finished:
        return Outcome(comparison, folder.finished, folder.path)
    ended = status(comparison, pilot, interrupted)
    written = manifest(plan, chosen, pilot, comparison, started, ended)
    return Outcome(comparison, written, _finish(folder, comparison, written, pool))


def _run(
    plan: Plan,
    chosen: tuple[Arrangement, ...],
    comparison: Comparison,
    progress: Progress,
    stop: Callable[[], bool],
    executor: Recorded,
) -> bool:
    """Hand every run to the comparison; return whether it was cut short."""
    try:
        for batch in batches(plan.replications, bool(plan.precision)):
            comparison.extend(batch)
            _take(executor.replicate(chosen, batch, stop), comparison, progress, plan.precision)
            if comparison.finished + len(comparison.failed) < len(chosen) * comparison.replications:
                return True
            if plan.precision and not lacking(plan.precision, comparison):
                return False
    except KeyboardInterrupt:
        return True
    return False


def _take(runs: Iterable[Run], comparison: Comparison, progress: Progress, terms: tuple[Term, ...]) -> None:
    for run in runs:
        comparison.add(run)
        if run.failure is None:
            require_known(terms, tuple(run.summary))
        progress.advance()


def _finish(folder: ResultFolder, comparison: Comparison, written: dict[str, Any], pool: WorkerPool) -> Path | None:
    if written["status"] == INTERRUPTED and not comparison.finished:
        return folder.path if len(folder) else None
    folder.flush()
    if comparison.finished and written["status"] != INTERRUPTED:  # who wants to stop waits for no figure
        draw_all(folder.path, comparison, pool)
    return folder.finish(written)
