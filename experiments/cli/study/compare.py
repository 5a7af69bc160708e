"""``backstop compare``: isolated funds against a shared pool on the same prices."""

from typing import TYPE_CHECKING, Any

import click

from experiments.cli.answer import begin
from experiments.cli.option import PRESET, explained, scenario_options
from experiments.run.stream import announce

if TYPE_CHECKING:
    from experiments.plan.configuration import Plan
    from experiments.study.comparison.run import Outcome


@click.command()
@scenario_options
@PRESET
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Who holds the capital; repeatable; default isolated, pooled, reinsured; where scenario or preset name "
    "another: that, isolated, pooled.",
)
@click.option(
    "--regime",
    "regimes",
    multiple=True,
    metavar="NAME",
    help="Who pays the residual loss; repeatable; default the scenario's or preset's, else socialized_loss.",
)
@click.option("--premium", "premiums", multiple=True, metavar="NAME", help="How the pool charges; repeatable.")
@click.option(
    "--replications", type=int, help="Paired replications of each cell; default 100, with --precision 1000 at most."
)
@click.option(
    "--precision",
    multiple=True,
    metavar="METRIC=BOUND",
    help="Stop once the 95 % half-width of every paired difference is that small, in the metric's unit or as 5% of it.",
)
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON document on standard output.")
@explained
def compare(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Compare backstop structures on paired replications.

    Without --scenario, --prices, --process or --episode the prices are those of 10 October 2025. Exit
    codes: 0 done, 1 some runs failed, 130 Ctrl-C (finished ones are kept), 2 bad usage or configuration.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    prepare(typed["workers"])
    from experiments.plan.configuration import plan  # noqa: PLC0415
    from experiments.plan.options import Options  # noqa: PLC0415

    chosen = plan(Options(**typed))
    begin(chosen, quiet)
    outcome, code = _execute(chosen, quiet)
    _report(outcome, quiet, as_json)
    return 0 if outcome.complete else code or 1


def _execute(chosen: "Plan", quiet: bool) -> "tuple[Outcome, int]":
    """Return what came of it, and the exit code where it was stopped, else 0."""
    from experiments.plan.configuration import asked  # noqa: PLC0415
    from experiments.results.folder import ResultFolder  # noqa: PLC0415
    from experiments.run.interrupt import Interrupt  # noqa: PLC0415
    from experiments.run.progress import Progress  # noqa: PLC0415
    from experiments.study.comparison.run import execute, planned_runs  # noqa: PLC0415

    with (
        ResultFolder(chosen.folder, "comparison", asked(chosen)) as folder,
        Interrupt() as stop,
        Progress(planned_runs(chosen), quiet) as progress,
    ):
        progress.say_found(folder)
        return execute(chosen, folder, progress, stop), stop.code


def _report(outcome: "Outcome", quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(_document(outcome))
    elif not quiet and outcome.comparison.finished:
        from experiments.study.comparison.table import show  # noqa: PLC0415

        show(outcome.comparison)
    for line in _failure_lines(outcome.manifest["failures"]):
        click.echo(line, err=True)
    told = [*_pilot_lines(outcome.manifest), *_precision_lines(outcome.manifest)]
    announce([*told, *_warnings(outcome), _closing_line(outcome)], quiet)


def _warnings(outcome: "Outcome") -> list[str]:
    from experiments.plan.world import unstressed  # noqa: PLC0415

    found = outcome.comparison
    return unstressed(value for cell in found.cells for value in found.values(cell, "deficit"))


def _failure_lines(failures: list[dict[str, Any]]) -> list[str]:
    """One line for every different error, with the first run that met it."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for failure in failures:
        alike.setdefault(failure["error"], []).append(failure)
    return [
        f"failed: {len(runs)} of them, first {runs[0]['cell']} replication {runs[0]['replication']}: {error}"
        for error, runs in alike.items()
    ]


def _pilot_lines(manifest: dict[str, Any]) -> list[str]:
    """Return what funds sized by a pilot leave out of the intervals."""
    from experiments.study.comparison.pilot import doubt, used  # noqa: PLC0415

    pilot = manifest["pilot"]
    if not pilot["replications"]:
        return []
    by = used(manifest["scenario"]["backstop"]["allotment"])
    return [doubt(len(pilot["replications"]), pilot["misplaced"].get(by))]


def _precision_lines(manifest: dict[str, Any]) -> list[str]:
    if "precision" not in manifest:
        return []
    asked, lacking = ", ".join(manifest["precision"]["asked"]), manifest["precision"]["lacking"]
    reached = "not reached" if lacking else "reached"
    return [f"precision {asked}: {reached} with {manifest['replications']} replications", *lacking]


def _closing_line(outcome: "Outcome") -> str:
    runs = outcome.manifest["runs"]
    where = f"results in {outcome.folder}" if outcome.folder else "nothing was written"
    return f"{outcome.manifest['status']}: {runs['finished']} of {runs['planned']} runs; {where}"


def _document(outcome: "Outcome") -> str:
    import json  # noqa: PLC0415

    from experiments.results.folder import plain  # noqa: PLC0415

    kept = ("status", "commit", "seed", "replications", "runs", "pilot", "precision")
    document = {
        **outcome.comparison.document(),
        "failed": outcome.manifest["failures"],
        "world": outcome.manifest["world"],
        "notices": outcome.manifest["notices"],
        "warnings": _warnings(outcome),
        "manifest": {name: outcome.manifest[name] for name in kept if name in outcome.manifest},
        "folder": str(outcome.folder) if outcome.folder else None,
    }
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False)
