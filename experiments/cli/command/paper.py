"""``backstop paper``: from nothing to the report on all structures and regimes on the four episodes."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import explained


@click.command()
@click.option("--reduced", is_flag=True, help="Fewer replications and traders, longer steps: minutes, not hours.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default results/paper, or -reduced.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--quiet", is_flag=True, help="No progress.")
@explained
def paper(**typed: Any) -> int:
    """Compare every structure with every loss regime on the four episodes, and report it.

    The plan is a file for `backstop sweep`; its name is printed first. Started again, it does what is missing.
    """
    return load("experiments.cli.paper:paper")(**typed)
