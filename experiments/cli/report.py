"""``backstop report``: page, figures, tables and methods of a result folder."""

from pathlib import Path

import click

from experiments.cli.option import explained
from experiments.cli.query import FOLDER


@click.command()
@FOLDER
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default DIR/report.")
@explained
def report(folder: Path, out: Path | None) -> int:
    """Report a comparison or a sweep: one HTML page, figures (PDF, SVG, PNG), LaTeX tables, CSV, methods."""
    from experiments.results.sweep.manifest_file import read_any_manifest  # noqa: PLC0415

    read_any_manifest(folder)
    from experiments.report.build import build  # noqa: PLC0415

    for path in build(folder, out or folder / "report"):
        click.echo(path)
    return 0
