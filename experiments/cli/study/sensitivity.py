"""``backstop sensitivity``: which fields of a sweep move a metric."""

import json
from pathlib import Path

import click

from experiments.cli.listing import aligned
from experiments.figure.attempt import drawer, save_vector
from experiments.results.folder import plain
from experiments.study.phase.run import write_rows
from experiments.study.sensitivity.analysis import sensitivity as analyse


def sensitivity(folder: Path, metric: str, out: Path | None, as_json: bool) -> int:
    """Tell Morris or Sobol' indices and PAWN of a sweep whose design is sampled, and draw them.

    Parameters
    ----------
    folder : of a sweep.
    metric : of a run.
    out : folder of figure and table; none for one below `folder`.
    as_json : print the indices as JSON instead of a table.
    """
    found = analyse(folder, metric)
    rows = [item._asdict() for item in found]
    path = out or folder / "sensitivity"
    path.mkdir(parents=True, exist_ok=True)
    save_vector(drawer("experiments.study.sensitivity.figure"), path / metric, found, metric)
    write_rows(path / f"{metric}.csv", rows)
    text = [{**row, "value": f"{row['value']:.4g}", "half_width": f"{row['half_width']:.2g}"} for row in rows]
    click.echo(json.dumps(plain(rows), indent=2) if as_json else aligned(text))
    click.echo(f"figures and numbers in {path}", err=True)
    return 0
