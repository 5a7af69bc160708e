"""``backstop validate --cases``: published outputs of a file next to those of the functions of a run."""

import json
from pathlib import Path
from typing import NoReturn

import click

from experiments.plan.problem import named
from experiments.validation.case.evaluate import evaluate
from experiments.validation.case.file import CaseError
from experiments.validation.case.table import differing, document, show


def validate_cases(context: click.Context, path: Path, as_json: bool) -> None:
    """Put the cases of a file to the functions of a run: published output, ours, difference, verdict."""
    try:
        rows = evaluate(path)
    except OSError as error:
        _refuse(context, [named(error)])
    except CaseError as error:
        _refuse(context, error.problems)
    if as_json:
        click.echo(json.dumps(document(path, rows), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        show(rows)
    lines = differing(rows)
    for line in lines:
        click.echo(line, err=True)
    context.exit(1 if lines else 0)


def _refuse(context: click.Context, problems: list[str]) -> NoReturn:
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    context.exit(2)
