"""``backstop size``: the least capital that keeps uncovered loss as rare as wanted."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import REGIME, STRUCTURE, explained, scenario_options, stoppable
from experiments.run.process_pool import prepare


@click.command()
@click.option("--target", type=float, default=0.99, show_default=True, help="Wanted probability of cover.")
@STRUCTURE
@REGIME
@scenario_options
@click.option(
    "--replications", type=int, default=400, show_default=True, help="Replications, the same at every capital."
)
@click.option("--tolerance", type=float, default=0.01, show_default=True, help="Relative width at which to stop.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document on standard output.")
@explained
@stoppable
def size(**typed: Any) -> int:
    """Size the backstop: how large must the fund be, and what would joining a pool save or risk.

    The least total capital of every structure and regime, and of isolated funds of their own right sizes, at two
    targets: "each", every member by itself is left uncovered with a probability of at most 1 - target, and "any",
    somebody is. By bisection on common random numbers, learnt from one half of them and judged on the other. Exit
    codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    prepare(typed["workers"])
    return load("experiments.cli.study.size:size")(**typed)
