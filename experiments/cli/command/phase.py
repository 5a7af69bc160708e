"""``backstop phase``: where isolated and where shared capital wins, over two fields."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import explained, scenario_options, with_options

SHOCK = "price.severity=0.4:2.8:7"
CORRELATION = "price.severity_correlation=0:1:5"
run_options = with_options(
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes."),
    click.option("--yes", "many", is_flag=True, help="Run more than 20,000 runs."),
    click.option("--quiet", is_flag=True, help="No progress."),
    click.option("--json", "as_json", is_flag=True, help="The points as JSON on standard output."),
)


@click.command()
@click.option("--x", "x", default=SHOCK, show_default=True, metavar="AXIS", help="FIELD=low:high:levels[:log] or a,b.")
@click.option("--y", "y", default=CORRELATION, show_default=True, metavar="AXIS", help="Likewise.")
@click.option("--a", "a", help="Structure named first; default isolated.")
@click.option("--b", "b", help="Structure it is compared with; default the scenario's where it names one, else pooled.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Less is better; default uncovered, defaults.")
@click.option("--regime", help="Who pays the residual loss; default the scenario's where it names one, else bad_debt.")
@click.option("--replications", type=int, default=20, show_default=True, help="Paired replications of a point.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/phase"), show_default=True)
@scenario_options
@run_options
@explained
def phase(**typed: Any) -> int:
    """Map over two fields where structure a and where structure b is better; started again it does what is missing."""
    return load("experiments.cli.study.phase:phase")(**typed)
