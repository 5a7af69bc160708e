"""``backstop network``: who owes whom, who is central, who falls with whom."""

from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import PRESET, explained, scenario_options, stoppable
from experiments.run.process_pool import prepare


@click.command()
@click.option("--edges", metavar="FILE", help="Debts: lines `debtor creditor [USD]`, or a graph.")
@click.option("--holdings", metavar="FILE", help="Cross-holdings: lines `owner owned part`, or a graph.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.9, show_default=True, help="Of a holder's value.")
@click.option("--failure-cost", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of its value.")
@click.option("--default-probability", type=click.FloatRange(0, 1), help="Of own losses, for all; nothing is run then.")
@scenario_options
@PRESET
@click.option("--replications", type=int, default=20, show_default=True, help="Runs in which defaults are counted.")
@click.option("--workers", type=int, help="Processes; default one per core. Results do not depend on it.")
@click.option("--out", metavar="FOLDER", help="Result folder, made here; default below results/.")
@click.option("--quiet", is_flag=True, help="No progress and no tables.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def network(**typed: Any) -> int:
    """Survey the exposure network: debts, DebtRank, central nodes, waves of default, bound on amplification.

    Debts are those of the scenario at the start, or of a file; how likely each protocol is to fail is counted in runs.
    Exit codes: 0 done, 1 a run failed, 130 Ctrl-C, 2 bad usage or configuration.
    """
    prepare(typed["workers"] if typed["default_probability"] is None else 1)
    return load("experiments.cli.study.network:network")(**typed)
