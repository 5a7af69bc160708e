"""``backstop replay``: recorded waves of auto-deleveraging under other rules."""

from typing import Any

import click

from experiments.cli.lazy_group import load


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@click.pass_context
def replay(context: click.Context, **typed: Any) -> None:
    """Allocate recorded deleveraging waves under the rules their data support.

    FOLDER holds the three wave files of the analysis of 10 October 2025. Prints what each rule takes, its
    overshoot, and the fund needed next to it, per coin apart and pooled. Exit codes: 0 done, 2 bad files.
    """
    load("experiments.cli.study.replay:replay")(context, **typed)
