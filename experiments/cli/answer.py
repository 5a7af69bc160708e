"""How commands tell their answer: one JSON document or tables on standard output."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from experiments.run.stream import announce

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.plan.configuration import Plan


def tell[Answer](
    answer: Answer,
    document: Callable[[Answer], dict[str, Any]],
    tables: Callable[[Answer], "Iterable[Table]"],
    quiet: bool,
    as_json: bool,
    added: Mapping[str, Any] | None = None,
) -> None:
    """Print what `document` makes of the answer and what is `added`, as JSON, or else, unless `quiet`, the `tables`."""
    if as_json:
        import json  # noqa: PLC0415

        from experiments.results.folder import plain  # noqa: PLC0415

        click.echo(json.dumps(plain({**document(answer), **(added or {})}), indent=2, allow_nan=False))
    elif not quiet:
        from experiments.run.fold import print_table  # noqa: PLC0415
        from experiments.study.comparison.table import console  # noqa: PLC0415

        for table in tables(answer):
            print_table(console(), table)


def begin(chosen: "Plan", quiet: bool, structures: Sequence[str] | None = None) -> dict[str, Any]:
    """Say the world of a plan and what of it gives way or does nothing; return both for JSON."""
    from experiments.plan.world import plan_world  # noqa: PLC0415

    told = plan_world(chosen, structures)
    announce([*told["lines"], *(f"note: {line}" for line in chosen.notices)], quiet)
    return {"world": told, "notices": list(chosen.notices)}
