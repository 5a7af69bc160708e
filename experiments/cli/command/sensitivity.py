"""``backstop sensitivity``: which fields of a sweep move a metric."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import explained
from experiments.cli.query import FOLDER, checked


@click.command()
@FOLDER
@click.option("--metric", default="uncovered", show_default=True, metavar="NAME", help="Metric of a run.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default DIR/sensitivity.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@explained
def sensitivity(**typed: Any) -> int:
    """Tell Morris or Sobol' indices and PAWN of a sweep whose design is sampled, and draw them."""
    checked(typed["folder"])
    return load("experiments.cli.study.sensitivity:sensitivity")(**typed)
