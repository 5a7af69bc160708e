"""``backstop compare``: isolated funds against a shared pool on the same prices."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.configuration import Plan
    from experiments.execution import Outcome


@click.command()
@click.option("--prices", multiple=True, metavar="FILE", help="Price file of one asset, CSV or Parquet; repeatable.")
@click.option("--process", metavar="NAME", help="Price process: replay, bootstrap, gbm, garch, ...")
@click.option("--episode", metavar="NAME", help="Named episode (see `backstop episodes`); default 2025-10-10.")
@click.option(
    "--scenario", metavar="FILE", help="Scenario in TOML, or `innocents`, `choices`; it replaces the default episode."
)
@click.option("--preset", metavar="NAME", help="A real arrangement (see `backstop presets`), below --set.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="One parameter; repeatable, wins.")
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Who holds the capital; repeatable; default isolated, pooled, reinsured, or the preset's, isolated, pooled.",
)
@click.option(
    "--regime",
    "regimes",
    multiple=True,
    metavar="NAME",
    help="Who pays the residual loss; repeatable; default the preset's or socialized_loss.",
)
@click.option("--premium", "premiums", multiple=True, metavar="NAME", help="How the pool charges; repeatable.")
@click.option("--replications", type=int, default=100, show_default=True, help="Paired replications of each cell.")
@click.option("--seed", type=int, help="Seed of every random stream.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON document on standard output.")
@click.pass_context
def compare(context: click.Context, quiet: bool, as_json: bool, **typed: Any) -> None:
    """Compare backstop structures on paired replications.

    Without --scenario, --prices, --process or --episode the prices are those of 10 October 2025. Exit
    codes: 0 done, 1 some runs failed or Ctrl-C (the finished ones are kept), 2 bad usage or configuration.
    """
    from experiments.configuration import ConfigurationError, Options, plan  # noqa: PLC0415
    from experiments.crew import prepare  # noqa: PLC0415
    from experiments.result_folder import FolderError  # noqa: PLC0415

    if typed["workers"] != 1:
        prepare()
    try:
        outcome = _execute(plan(Options(**typed)), quiet)
    except (ConfigurationError, FolderError) as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        context.exit(2)
    _report(outcome, quiet, as_json)
    context.exit(0 if outcome.complete else 1)


def _execute(chosen: "Plan", quiet: bool) -> "Outcome":
    from experiments.execution import execute, planned_runs  # noqa: PLC0415
    from experiments.interrupt import Interrupt  # noqa: PLC0415
    from experiments.progress import Progress  # noqa: PLC0415
    from experiments.result_folder import ResultFolder  # noqa: PLC0415

    with (
        ResultFolder(chosen.folder) as folder,
        Interrupt() as stop,
        Progress(planned_runs(chosen), quiet) as progress,
    ):
        return execute(chosen, folder, progress, stop)


def _report(outcome: "Outcome", quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(_document(outcome))
    elif not quiet and outcome.comparison.finished:
        from experiments.table import show  # noqa: PLC0415

        show(outcome.comparison)
    for line in _failure_lines(outcome.manifest["failures"]):
        click.echo(line, err=True)
    if not quiet:
        click.echo(_closing_line(outcome), err=True)


def _failure_lines(failures: list[dict[str, Any]]) -> list[str]:
    """One line for every different error, with the first run that met it."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for failure in failures:
        alike.setdefault(failure["error"], []).append(failure)
    return [
        f"failed: {len(runs)} of them, first {runs[0]['cell']} replication {runs[0]['replication']}: {error}"
        for error, runs in alike.items()
    ]


def _closing_line(outcome: "Outcome") -> str:
    runs = outcome.manifest["runs"]
    where = f"results in {outcome.folder}" if outcome.folder else "nothing was written"
    return f"{outcome.manifest['status']}: {runs['finished']} of {runs['planned']} runs; {where}"


def _document(outcome: "Outcome") -> str:
    import json  # noqa: PLC0415

    from experiments.result_folder import plain  # noqa: PLC0415

    kept = ("status", "commit", "seed", "replications", "runs", "pilot")
    document = {
        **outcome.comparison.document(),
        "failed": outcome.manifest["failures"],
        "manifest": {name: outcome.manifest[name] for name in kept},
        "folder": str(outcome.folder) if outcome.folder else None,
    }
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False)
