"""How commands print their answer: one JSON document or tables on standard output."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click
from rich.table import Table

from experiments.plan.configuration import Plan
from experiments.plan.world import plan_world
from experiments.results.folder import plain
from experiments.run.fold import print_table
from experiments.run.stream import announce
from experiments.study.comparison.table import console


def tell[Answer](
    answer: Answer,
    document: Callable[[Answer], dict[str, Any]],
    tables: Callable[[Answer], Iterable[Table]],
    quiet: bool,
    as_json: bool,
    added: Mapping[str, Any] | None = None,
) -> None:
    """Print what `document` makes of the answer and what is `added`, as JSON, or else, unless `quiet`, the `tables`.

    Parameters
    ----------
    answer : what a study found.
    document : answer → its numbers, ready for JSON.
    tables : answer → its tables.
    quiet : print no tables.
    as_json : print the document instead of the tables.
    added : further entries of the document, such as the world.
    """
    if as_json:
        click.echo(json.dumps(plain({**document(answer), **(added or {})}), indent=2, allow_nan=False))
    elif not quiet:
        for table in tables(answer):
            print_table(console(), table)


def begin(chosen: Plan, quiet: bool, structures: Sequence[str] | None = None) -> dict[str, Any]:
    """Print the world of a plan and its notices; return both for JSON."""
    world = plan_world(chosen, structures)
    announce([*world["lines"], *(f"note: {line}" for line in chosen.notices)], quiet)
    return {"world": world, "notices": list(chosen.notices)}
