"""``backstop validate``: published results next to ours, claim by claim."""

import json
from pathlib import Path
from typing import Any, NoReturn

import click

from experiments.plan.problem import named
from experiments.plan.resources import cores
from experiments.run.process_pool import WorkerPool
from experiments.validation.case.evaluate import evaluate
from experiments.validation.case.file import CaseError
from experiments.validation.case.table import differing
from experiments.validation.case.table import document as case_document
from experiments.validation.case.table import show as show_cases
from experiments.validation.claim import Finding
from experiments.validation.record import episode_rows
from experiments.validation.report import Report, show, write_page
from experiments.validation.stylised import fact_rows
from experiments.validation.suite import ValidationError, document, run_suite


def validate(context: click.Context, write: bool, as_json: bool, **typed: Any) -> None:
    """Run the validation suite: published value, ours, tolerance or interval, verdict."""
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


def validate_cases(context: click.Context, path: Path, as_json: bool) -> None:
    """Put the cases of a file to the functions of a run: published output, ours, difference, verdict."""
    try:
        rows = evaluate(path)
    except OSError as error:
        _refuse(context, [named(error)])
    except CaseError as error:
        _refuse(context, error.problems)
    if as_json:
        _print_json(case_document(path, rows))
    else:
        show_cases(rows)
    lines = differing(rows)
    for line in lines:
        click.echo(line, err=True)
    context.exit(1 if lines else 0)


def _refuse(context: click.Context, problems: list[str]) -> NoReturn:
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    context.exit(2)


def _recorded(
    episodes: bool, facts: bool, replications: int, workers: int | None, **_: Any
) -> dict[str, list[dict[str, str]]]:
    """Return the tables of what was recorded next to what is simulated, those that are asked for."""
    found = {}
    with WorkerPool(workers or cores()) as executor:
        if episodes:
            found["episodes"] = episode_rows(replications, executor)
        if facts:
            found["facts"] = fact_rows(replications, executor)
    return found


def _print_json(content: dict[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _code(findings: list[Finding]) -> int:
    return 1 if any(finding.passed is False for finding in findings) else 0
