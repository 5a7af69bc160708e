"""``backstop rare``: the probability of an event that plain replications would hardly see."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import REGIME, STRUCTURE, explained, scenario_options, stoppable
from experiments.run.process_pool import prepare

METHODS = ("tilting", "splitting", "auto")


@click.command()
@click.option("--metric", default="uncovered", show_default=True, metavar="NAME", help="Metric of a run.")
@click.option("--threshold", type=float, default=0.01, show_default=True, help="What it has to exceed, in its unit.")
@STRUCTURE
@REGIME
@scenario_options
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="Tilt the shocks, or split the runs that come near into many; auto: try both first and take the surer.",
)
@click.option(
    "--replications",
    type=int,
    default=1000,
    show_default=True,
    help="Replications of every seed; by splitting, paths of a level, all 20 repetitions together.",
)
@click.option(
    "--pilot", type=int, default=400, show_default=True, help="Replications of one trial, or level, of a pilot."
)
@click.option("--untilted", type=float, default=0.1, show_default=True, help="Share of replications left as they are.")
@click.option("--blocks", type=int, default=8, show_default=True, help="Stretches a long stream is tilted in.")
@click.option("--plain", type=int, default=0, show_default=True, help="Plain replications as well, to compare.")
@click.option(
    "--seeds", type=int, default=3, show_default=True, help="Seeds; all is repeated with each, pilots included."
)
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document on standard output.")
@explained
@stoppable
def rare(**typed: Any) -> int:
    """Estimate how probable it is that a metric exceeds a threshold, down to 1e-4 and below.

    Tilting, importance sampling on the shock tape: a pilot finds which shocks make the event common, replications are
    drawn with those shocks shifted and weighted by their exact likelihood ratio. Splitting: runs that have come near
    the event are branched, level after level; it suits losses that build up over many steps. With --method auto a pilot
    of both, of one more seed, tells which has the smaller variance at equal work, and that one is taken. All of it is
    done with several seeds, the scenario's and those that follow. The answer is their common estimate with interval and
    relative error, and the range of the gain over plain replications at equal work. Begun again with the same words and
    --out it goes on where it was. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    prepare(typed["workers"])
    return load("experiments.cli.study.rare:rare")(**typed)
