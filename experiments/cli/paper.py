"""``backstop paper``: from nothing to the report on all structures and regimes on the four episodes."""

from pathlib import Path

import click

from experiments.plan.plan import read_plan
from experiments.report.build import build
from experiments.study.phase.run import run

PLANS = Path(__file__).resolve().parents[1] / "paper"


def paper(reduced: bool, out: Path | None, workers: int, quiet: bool) -> int:
    """Compare every structure with every loss regime on the four episodes, and report it.

    Parameters
    ----------
    reduced : the small plan instead of the whole one.
    out : result folder; none for the usual one.
    workers : processes.
    quiet : no progress.
    """
    name = "reduced" if reduced else "plan"
    folder = out or Path("results") / ("paper-reduced" if reduced else "paper")
    click.echo(f"plan {name}.toml, into {folder}", err=True)
    outcome = run(read_plan(PLANS / f"{name}.toml"), folder, workers, quiet)
    for path in build(folder, folder / "report"):
        click.echo(path)
    return 1 if outcome.failed or outcome.failed_before else 0
