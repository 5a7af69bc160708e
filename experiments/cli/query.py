"""``backstop query``, ``export`` and ``reproduce``: commands on a result folder."""

import json
from pathlib import Path

import click

from experiments.cli.lazy_group import load
from experiments.cli.listing import aligned
from experiments.cli.option import REPORTER, explained
from experiments.plan.problem import SweepError
from experiments.results.sweep.manifest_file import kind, read_study

FOLDER = click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")


def checked(folder: Path) -> str:
    """Return the kind of study in `folder`; raises SweepError at once where there is none, before heavy imports."""
    return kind(read_study(folder))


@click.command()
@FOLDER
@click.argument("sql")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
@explained
def query(folder: Path, sql: str, as_json: bool) -> int:
    """Ask a study's results in SQL: tables runs and series; of a sweep also plan, and results (plan with metrics)."""
    checked(folder)
    names, rows = load("experiments.results.sweep.query:ask")(folder, sql)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    if as_json:
        click.echo(json.dumps(records, indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(aligned(records) if records else "no rows")
    return 0


@click.command()
@FOLDER
@click.option("--csv", "as_csv", is_flag=True, required=True, help="As CSV, the one format there is.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default DIR/csv.")
@explained
def export(folder: Path, as_csv: bool, out: Path | None) -> int:
    """Write a study's runs and series, and a sweep's plan, as CSV files."""
    checked(folder)
    for path in load("experiments.results.sweep.query:export")(folder, out or folder / "csv"):
        click.echo(path)
    return 0


@click.command()
@FOLDER
@click.option("--runs", type=click.IntRange(1), default=10, show_default=True, help="How many runs to make again.")
@click.option("--runner", metavar="MODULE:NAME", help="Who makes runs; what the folder itself names is never called.")
@REPORTER
@explained
def reproduce(folder: Path, runs: int, runner: str | None, reporters: tuple[str, ...]) -> int:
    """Make a sample of a study's runs again and compare them bit for bit; exit code 1 on a difference."""
    study = checked(folder)
    if study == "sweep":
        outcome = load("experiments.run.sweep.reproduction:reproduce")(folder, runs, runner, reporters)
    elif runner is not None:
        raise SweepError(f"--runner: {runner!r}: only runs of a sweep have one, this is a study called {study}")
    else:
        outcome = load("experiments.study.reproduction.again:reproduce")(folder, runs, reporters)
    for line in [*outcome.notes, *outcome.differences]:
        click.echo(line, err=True)
    alike = "differ" if outcome.differences else "are the same, bit for bit"
    click.echo(f"{outcome.runs} runs made again: they {alike}")
    return 1 if outcome.differences else 0
