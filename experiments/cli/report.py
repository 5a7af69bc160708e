"""``backstop report``: page, figures, tables and methods of a result folder."""

from pathlib import Path

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import explained
from experiments.cli.query import FOLDER
from experiments.results.sweep.manifest_file import read_finished


@click.command()
@FOLDER
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default DIR/report.")
@explained
def report(folder: Path, out: Path | None) -> int:
    """Report a study of any kind: one HTML page, figures (PDF, SVG, PNG), LaTeX tables, CSV, methods."""
    read_finished(folder)
    for path in load("experiments.report.build:build")(folder, out or folder / "report"):
        click.echo(path)
    return 0
