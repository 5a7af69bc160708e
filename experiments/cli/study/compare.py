"""``backstop compare``: isolated funds against a shared pool on the same prices."""

import json
from functools import partial
from typing import Any

import click

from experiments.cli.answer import begin
from experiments.plan.configuration import Plan, asked, plan
from experiments.plan.options import Options
from experiments.plan.world import unstressed
from experiments.results.folder import ResultFolder, plain
from experiments.run.interrupt import Interrupt
from experiments.run.progress import Progress
from experiments.run.stream import announce
from experiments.study.comparison.pilot import doubt, extends, used
from experiments.study.comparison.run import Outcome, execute, planned_runs
from experiments.study.comparison.table import show


def compare(quiet: bool, as_json: bool, **typed: Any) -> int:
    """Compare backstop structures on paired replications."""
    chosen = plan(Options(**typed))
    begin(chosen, quiet)
    outcome, code = _execute(chosen, quiet)
    _report(outcome, quiet, as_json)
    return 0 if outcome.complete else code or 1


def _execute(chosen: Plan, quiet: bool) -> tuple[Outcome, int]:
    """Return what came of it, and the exit code where it was stopped, else 0."""
    with (
        ResultFolder(chosen.folder, "comparison", asked(chosen), grows=partial(extends, chosen)) as folder,
        Interrupt() as stop,
        Progress(planned_runs(chosen), quiet) as progress,
    ):
        progress.say_found(folder)
        return execute(chosen, folder, progress, stop), stop.code


def _report(outcome: Outcome, quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(_document(outcome))
    elif not quiet and outcome.comparison.finished:
        show(outcome.comparison)
    for line in _failure_lines(outcome.manifest["failures"]):
        click.echo(line, err=True)
    told = [*_pilot_lines(outcome.manifest), *_precision_lines(outcome.manifest)]
    announce([*told, *_warnings(outcome), _closing_line(outcome)], quiet)


def _warnings(outcome: Outcome) -> list[str]:
    found = outcome.comparison
    return unstressed(value for arrangement in found.arrangements for value in found.values(arrangement, "deficit"))


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


def _closing_line(outcome: Outcome) -> str:
    runs = outcome.manifest["runs"]
    where = f"results in {outcome.folder}" if outcome.folder else "nothing was written"
    return f"{outcome.manifest['status']}: {runs['finished']} of {runs['planned']} runs; {where}"


def _document(outcome: Outcome) -> str:
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
