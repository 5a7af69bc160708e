"""``backstop paper``: from nothing to the report on all structures and regimes on the four episodes."""

from pathlib import Path

import click

from experiments.cli.option import explained

PLANS = Path(__file__).resolve().parents[1] / "paper"


@click.command()
@click.option("--reduced", is_flag=True, help="Fewer replications and traders, longer steps: minutes, not hours.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Default results/paper, or -reduced.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--quiet", is_flag=True, help="No progress.")
@explained
def paper(reduced: bool, out: Path | None, workers: int, quiet: bool) -> int:
    """Compare every structure with every loss regime on the four episodes, and report it.

    The plan is a file of `backstop sweep`; its name is told first. Started again it does what is missing.
    """
    from experiments.plan.plan import read_plan  # noqa: PLC0415
    from experiments.report.build import build  # noqa: PLC0415
    from experiments.study.phase.run import run  # noqa: PLC0415

    name = "reduced" if reduced else "plan"
    folder = out or Path("results") / ("paper-reduced" if reduced else "paper")
    click.echo(f"plan {name}.toml, into {folder}", err=True)
    outcome = run(read_plan(PLANS / f"{name}.toml"), folder, workers, quiet)
    for path in build(folder, folder / "report"):
        click.echo(path)
    return 1 if outcome.failed or outcome.failed_before else 0
