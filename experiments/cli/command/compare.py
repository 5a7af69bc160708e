"""``backstop compare``: isolated funds against a shared pool on the same prices."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import PRESET, REPORTER, SERIES, explained, scenario_options
from experiments.run.process_pool import prepare


@click.command()
@scenario_options
@PRESET
@click.option(
    "--structure",
    "structures",
    multiple=True,
    metavar="NAME",
    help="Who holds the capital; repeatable; default isolated, pooled, reinsured; where scenario or preset name "
    "another: that, isolated, pooled.",
)
@click.option(
    "--regime",
    "regimes",
    multiple=True,
    metavar="NAME",
    help="Who pays the residual loss; repeatable; default the scenario's or preset's, else socialized_loss.",
)
@click.option("--premium", "premiums", multiple=True, metavar="NAME", help="How the pool charges; repeatable.")
@click.option(
    "--replications",
    type=int,
    help="Paired replications of each arrangement; default 100, with --precision 1000 at most.",
)
@click.option(
    "--precision",
    multiple=True,
    metavar="METRIC=BOUND",
    help="Stop once the 95 % half-width of every paired difference is that small, in the metric's unit or as 5% of it.",
)
@REPORTER
@SERIES
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON document on standard output.")
@explained
def compare(**typed: Any) -> int:
    """Compare backstop structures on paired replications.

    Without --scenario, --prices, --process or --episode the prices are those of 10 October 2025. Exit
    codes: 0 done, 1 some runs failed, 130 Ctrl-C (finished ones are kept), 2 bad usage or configuration.
    """
    prepare(typed["workers"])
    return load("experiments.cli.study.compare:compare")(**typed)
