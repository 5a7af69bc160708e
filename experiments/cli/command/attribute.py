"""``backstop attribute``: why protocols fail, what each channel adds alone and together with others."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import PRESET, explained, scenario_options, stoppable
from experiments.run.process_pool import prepare


@click.command()
@scenario_options
@PRESET
@click.option("--structure", "structures", multiple=True, metavar="NAME", help="Who holds the capital; repeatable.")
@click.option("--regime", "regimes", multiple=True, metavar="NAME", help="Who pays the residual loss; repeatable.")
@click.option("--replications", type=int, default=20, show_default=True, help="Tapes, each replayed up to 32 times.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def attribute(**typed: Any) -> int:
    """Tell what exposures, the pool, the price, runs and owners at several protocols add to defaults and losses.

    The same tapes are replayed with every combination of these channels closed: own loss with none open, what each
    adds alone, interactions that need several, and what closing each one would avert, with 95 % intervals over
    replications. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    prepare(typed["workers"])
    return load("experiments.cli.study.attribute:attribute")(**typed)
