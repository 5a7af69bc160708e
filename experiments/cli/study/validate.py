"""``backstop validate``: published results next to ours, claim by claim."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.validation.claim import Finding

PLACE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--oracles", type=PLACE, metavar="FOLDER", help="Published values to go by: a folder with published.json."
)
@click.option("--data", type=PLACE, metavar="FOLDER", help="Recorded data, for the claims that need some.")
@click.option("--episodes", is_flag=True, help="Also the named episodes next to the recorded facts.")
@click.option("--facts", is_flag=True, help="Also the stylised facts of the default market.")
@click.option("--replications", type=click.IntRange(2), default=5, show_default=True, help="For those two.")
@click.option("--workers", type=click.IntRange(1), help="Processes for those two; default one per core.")
@click.option("--write", is_flag=True, help="Write what was run into docs/validation.md.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of tables.")
@click.pass_context
def validate(context: click.Context, write: bool, as_json: bool, **typed: Any) -> None:
    """Run the validation suite: published value, ours, tolerance or interval, verdict.

    What episodes and the default market miss is shown and does not count as failure: it is a finding. Exit codes: 0 all
    claims pass, 1 one or more fail, 2 bad usage.
    """
    from experiments.run.process_pool import prepare  # noqa: PLC0415

    if typed["episodes"] or typed["facts"]:
        prepare(typed["workers"])
    from experiments.validation.report import Report, show, write_page  # noqa: PLC0415
    from experiments.validation.suite import ValidationError, document, run_suite  # noqa: PLC0415

    try:
        findings = run_suite(typed["oracles"], typed["data"])
        report = Report(findings, _recorded(**typed))
        if write:
            write_page(report)
    except (ValidationError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        context.exit(2)
    if as_json:
        _print_json({**document(findings), **report.records})
    else:
        show(report)
    context.exit(_code(findings))


def _recorded(
    episodes: bool, facts: bool, replications: int, workers: int | None, **_: Any
) -> dict[str, list[dict[str, str]]]:
    """Return the tables of what was recorded next to what is simulated, those that are asked for."""
    from experiments.plan.resources import cores  # noqa: PLC0415
    from experiments.run.process_pool import WorkerPool  # noqa: PLC0415
    from experiments.validation.record import episode_rows  # noqa: PLC0415
    from experiments.validation.stylised import fact_rows  # noqa: PLC0415

    found = {}
    with WorkerPool(workers or cores()) as executor:
        if episodes:
            found["episodes"] = episode_rows(replications, executor)
        if facts:
            found["facts"] = fact_rows(replications, executor)
    return found


def _print_json(content: dict[str, Any]) -> None:
    import json  # noqa: PLC0415

    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _code(findings: "list[Finding]") -> int:
    return 1 if any(finding.passed is False for finding in findings) else 0
