"""How commands tell their answer: one JSON document or tables on standard output."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table


def tell[Answer](
    answer: Answer,
    document: Callable[[Answer], dict[str, Any]],
    tables: Callable[[Answer], "Iterable[Table]"],
    quiet: bool,
    as_json: bool,
) -> None:
    """Print what `document` makes of the answer, as JSON, or else, unless `quiet`, what `tables` does."""
    if as_json:
        import json  # noqa: PLC0415

        from experiments.result_folder import plain  # noqa: PLC0415

        click.echo(json.dumps(plain(document(answer)), indent=2, allow_nan=False))
    elif not quiet:
        from experiments.table import console  # noqa: PLC0415

        for table in tables(answer):
            console().print(table)
