"""``backstop validate``: published results next to ours, claim by claim."""

import json
from typing import Any, NoReturn

import click

from experiments.plan.resources import cores
from experiments.plan.scenario_option import parse_setting
from experiments.run.process_pool import WorkerPool
from experiments.validation.claim import Finding
from experiments.validation.episode.ablation import ablation_rows
from experiments.validation.episode.fund_draw import check_worlds, draw_rows
from experiments.validation.episode.record import episode_rows
from experiments.validation.report import Report, show, write_page
from experiments.validation.stylised import fact_rows
from experiments.validation.suite import ValidationError, document, run_suite


def validate(context: click.Context, write: bool, as_json: bool, **typed: Any) -> None:
    """Run the validation suite: published value, ours, tolerance or interval, verdict."""
    changes = _changes(context, typed.pop("settings"))
    try:
        findings = run_suite(typed["oracles"], typed["data"])
        report = Report(findings, _recorded(changes, **typed))
        if write:
            write_page(report)
    except (ValidationError, OSError) as error:
        _refuse(context, error)
    if as_json:
        _print_json({**document(findings), **report.records})
    else:
        show(report)
    context.exit(_code(findings))


def _changes(context: click.Context, settings: tuple[str, ...]) -> dict[str, Any]:
    """Return what is set by name, refused where it does not fit a scenario of the draws."""
    try:
        changes = dict(map(parse_setting, settings))
        if changes:
            check_worlds(changes)
    except ValueError as error:
        _refuse(context, error)
    return changes


def _refuse(context: click.Context, error: Exception) -> NoReturn:
    """Say what is wrong with what was asked, and end."""
    click.echo(f"error: {error}", err=True)
    context.exit(2)


def _recorded(
    changes: dict[str, Any],
    episodes: bool,
    facts: bool,
    ablation: bool,
    replications: int,
    workers: int | None,
    **_: Any,
) -> dict[str, list[dict[str, str]]]:
    """Return the tables of what was recorded next to what is simulated, those that are asked for."""
    found = {}
    with WorkerPool(workers or cores()) as executor:
        if episodes:
            found["episodes"] = episode_rows(replications, executor, changes)
            found["draws"] = draw_rows(replications, executor, changes)
        if facts:
            found["facts"] = fact_rows(replications, executor)
        if ablation:
            found["ablation"] = ablation_rows(replications, executor)
    return found


def _print_json(content: dict[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _code(findings: list[Finding]) -> int:
    return 1 if any(finding.passed is False for finding in findings) else 0
