"""``backstop frontier``: callable capital against tail loss against the burden on winners."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.command.phase import run_options
from experiments.cli.lazy_group import load
from experiments.cli.option import explained, scenario_options

CAPITAL = "backstop.capital_ratio=0.0075,0.015,0.03"


@click.command()
@click.option("--structure", "structures", multiple=True, metavar="NAME", help="Repeatable; default all.")
@click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Repeatable; default all.")
@click.option("--capital", default=CAPITAL, show_default=True, metavar="AXIS", help="Sizes of the backstop.")
@click.option("--replications", type=int, default=20, show_default=True, help="Paired replications of a point.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("results/frontier"), show_default=True)
@scenario_options
@run_options
@explained
def frontier(**typed: Any) -> int:
    """Draw callable capital, tail loss and burden on winners of structures and regimes; started again it goes on."""
    return load("experiments.cli.study.frontier:frontier")(**typed)
