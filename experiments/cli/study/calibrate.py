"""``backstop calibrate``: parameters of price process and traders, by simulated moments of recorded prices."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from experiments.cli.answer import tell
from experiments.cli.option import interrupted
from experiments.plan.resources import FolderError, cores, free_path, place_problem
from experiments.plan.world import world
from experiments.results.folder import ResultFolder
from experiments.run.interrupt import ended
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.calibration.fit import BEST
from experiments.study.calibration.report import document, keep, tables
from experiments.study.calibration.run import Wish, run, task, words


def calibrate(
    whole: bool, days: float, workers: int | None, out: str | None, quiet: bool, as_json: bool, **typed: Any
) -> int:
    """Fit parameters to recorded prices by the method of simulated moments.

    Parameters
    ----------
    whole : simulate the whole model, not the price process alone.
    days : length of a run of the whole model.
    workers : processes; none for one per core.
    out : result folder; none for a new one below ``results``.
    quiet : no progress and no tables.
    as_json : one JSON document instead of tables.
    typed : the other fields of :class:`experiments.study.calibration.run.Wish`.
    """
    try:
        wish = Wish(days=days if whole else None, **typed)
        chosen = task(wish)
        told = _begin(chosen, whole, quiet)
        _run(chosen, told, (wish.starts, wish.iterations, workers or cores()), out, quiet, as_json)
    except KeyboardInterrupt as error:
        click.echo(f"error: {interrupted(error)}", err=True)
        return ended(error)
    return 0


def _begin(task: Any, whole: bool, quiet: bool) -> dict[str, Any]:
    """Say what is matched and the world that is simulated; return it for JSON."""
    record, told = task.record, world(task.simulation.scenario)
    matched = f"matched: {len(record.series.returns):,} bars of {record.minutes:g} min of {', '.join(record.assets)}"
    idle = click.get_current_context().get_parameter_source("days") is click.core.ParameterSource.COMMANDLINE
    notes = [*task.notices, *(["--days does nothing without --whole"] if idle and not whole else [])]
    announce([matched, *told["lines"], *(f"note: {line}" for line in notes)], quiet)
    return {"world": told, "notices": notes}


def _run(
    task: Any, told: dict[str, Any], effort: tuple[int, int, int], out: str | None, quiet: bool, as_json: bool
) -> None:  # fmt: skip
    """Run with `effort`: starts, iterations, workers."""
    starts, iterations, _ = effort
    around = 1 + 2 * len(task.fields)
    most = starts + 1 + 2 * BEST * (1 + iterations * around) + around
    path = _place(out)
    if problem := place_problem(path):
        raise FolderError(problem)
    with (
        ResultFolder(path, "calibration", words(task, starts, iterations), series=False) as folder,
        Progress(most, quiet) as progress,
    ):
        progress.say_found(folder)
        found = run(task, effort, lambda: progress.advance(what="points"), folder.runs)
        if not folder.unchanged:
            keep(folder, found)
    tell(found, document, tables, quiet, as_json, told)
    click.echo(f"results in {folder.path}", err=True)


def _place(out: str | None) -> Any:
    return Path(out) if out else free_path(Path("results") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-calibration")
