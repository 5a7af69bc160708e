"""``backstop calibrate``: parameters of price process and traders, by simulated moments of recorded prices."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import PRICES, SEED, SET, explained


@click.command()
@PRICES
@click.option("--process", default="stochastic_volatility", show_default=True, metavar="NAME", help="Price process.")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=LOW:HIGH", help="A free field; default those of the process."
)
@click.option("--whole", is_flag=True, help="Simulate the whole model: mid prices and volume, not the process alone.")
@click.option(
    "--days",
    type=click.FloatRange(1.0),
    default=30.0,
    show_default=True,
    help="Length of a run of those; 192 bars at least.",
)
@click.option(
    "--check",
    type=click.FloatRange(0.0),
    metavar="DAYS",
    help="Days of other replications at the estimate; default as many as recorded.",
)
@click.option("--scenario", metavar="FILE", help="Scenario in TOML, for all that is not free.")
@SET
@click.option("--replications", type=click.IntRange(1), default=4, show_default=True, help="Simulations of a point.")
@click.option("--starts", type=click.IntRange(2), default=32, show_default=True, help="Points the search starts from.")
@click.option("--iterations", type=click.IntRange(1), default=12, show_default=True, help="Most steps from the best.")
@SEED
@click.option("--workers", type=click.IntRange(1), help="Processes, of the whole model; default one per core.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of tables.")
@explained
def calibrate(**typed: Any) -> int:
    """Fit parameters to recorded prices by the method of simulated moments.

    Reports the estimate with intervals, the fit, and which moments are met, missed or too vague to tell, first by the
    errors of the days that the fit simulates, then by those of the record's length. Writes a scenario for `--scenario`.
    Exit codes: 0 done (whatever is missed), 130 Ctrl-C, 2 bad usage or files.
    """
    return load("experiments.cli.study.calibrate:calibrate")(**typed)
