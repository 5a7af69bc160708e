"""``backstop calibrate``: parameters of price process and traders, by simulated moments of recorded prices."""

from typing import Any

import click

from experiments.cli.answer import tell
from experiments.cli.option import PRICES, SEED, SET, explained, interrupted
from experiments.run.interrupt import ended
from experiments.run.stream import announce


@click.command()
@PRICES
@click.option("--process", default="stochastic_volatility", show_default=True, metavar="NAME", help="Price process.")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=LOW:HIGH", help="A free field; default those of the process."
)
@click.option("--whole", is_flag=True, help="Simulate the whole model: mid prices and volume, not the process alone.")
@click.option(
    "--days",
    type=click.FloatRange(1.0),
    default=30.0,
    show_default=True,
    help="Length of a run of those; 192 bars at least.",
)
@click.option(
    "--check",
    type=click.FloatRange(0.0),
    metavar="DAYS",
    help="Days of other replications at the estimate; default as many as recorded.",
)
@click.option("--scenario", metavar="FILE", help="Scenario in TOML, for all that is not free.")
@SET
@click.option("--replications", type=click.IntRange(1), default=4, show_default=True, help="Simulations of a point.")
@click.option("--starts", type=click.IntRange(2), default=32, show_default=True, help="Points the search starts from.")
@click.option("--iterations", type=click.IntRange(1), default=12, show_default=True, help="Most steps from the best.")
@SEED
@click.option("--workers", type=click.IntRange(1), help="Processes, of the whole model; default one per core.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of tables.")
@explained
def calibrate(
    whole: bool, days: float, workers: int | None, out: str | None, quiet: bool, as_json: bool, **typed: Any
) -> int:
    """Fit parameters to recorded prices by the method of simulated moments.

    Tells the estimate with intervals, the fit, and moment by moment what is met, missed or too vague to tell, by the
    errors of the days that the fit simulates and again by those of the record's length; leaves a scenario for
    `--scenario`. Exit codes: 0 done (whatever is missed), 130 Ctrl-C, 2 bad usage or files.
    """
    from experiments.plan.resources import cores  # noqa: PLC0415
    from experiments.study.calibration.run import Wish, task  # noqa: PLC0415

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
    from experiments.plan.world import world  # noqa: PLC0415

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
    from experiments.plan.resources import FolderError, place_problem  # noqa: PLC0415
    from experiments.results.folder import ResultFolder  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.calibration.fit import BEST  # noqa: PLC0415
    from experiments.study.calibration.report import document, keep, tables  # noqa: PLC0415
    from experiments.study.calibration.run import run, words  # noqa: PLC0415

    starts, iterations, _ = effort
    around = 1 + 2 * len(task.fields)
    most = starts + 1 + 2 * BEST * (1 + iterations * around) + around
    place = _place(out)
    if problem := place_problem(place):
        raise FolderError(problem)
    with (
        ResultFolder(place, "calibration", words(task, starts, iterations), series=False) as folder,
        Progress(most, quiet) as progress,
    ):
        progress.say_found(folder)
        found = run(task, effort, lambda: progress.advance(what="points"), folder.runs)
        if not folder.unchanged:
            keep(folder, found)
    tell(found, document, tables, quiet, as_json, told)
    click.echo(f"results in {folder.path}", err=True)


def _place(out: str | None) -> Any:
    from datetime import UTC, datetime  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from experiments.plan.resources import free_path  # noqa: PLC0415

    return Path(out) if out else free_path(Path("results") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-calibration")
