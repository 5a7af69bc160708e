"""``backstop findings``: what README and docs quote, measured again and written to one page."""

from pathlib import Path
from typing import Any

import click

from experiments.cli.lazy_group import load
from experiments.cli.option import explained, stoppable
from experiments.run.process_pool import prepare

PLACE = click.Path(path_type=Path)


@click.command()
@click.option("--write", is_flag=True, help="Write docs/findings.md, or --page, instead of standard output.")
@click.option("--page", "place", type=PLACE, metavar="FILE", help="Where to write; default docs/findings.md.")
@click.option("--replications", type=click.IntRange(2), default=200, show_default=True, help="Of a usual study.")
@click.option("--study", "names", multiple=True, metavar="NAME", help="Only these studies; repeatable; default all.")
@click.option("--quick", is_flag=True, help="Tiny worlds, to see that the page can be written.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of every random stream.")
@click.option("--workers", type=click.IntRange(1), help="Processes; default one per core. Results do not depend on it.")
@click.option(
    "--out", type=PLACE, default=Path("results/findings"), show_default=True, metavar="FOLDER",
    help="Where finished studies are kept; started again only what is missing is run.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@explained
@stoppable
def findings(**typed: Any) -> int:
    """Measure every finding, with the changes of the world under which it turns.

    Each finding has its interval and n. Whether it is an identity, or an artefact of the allotment or of thin venues,
    is decided by what was measured. Exit codes: 0 done, 1 a run failed, 130 Ctrl-C (finished studies are kept), 2 bad
    usage.
    """
    prepare(typed["workers"])
    return load("experiments.cli.study.findings:findings")(**typed)
