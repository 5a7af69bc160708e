"""``backstop frontier``: callable capital against tail loss against the burden on winners."""

import json
from pathlib import Path
from typing import Any

import click

from experiments.cli.study.phase import chosen
from experiments.figure.attempt import drawer, save_vector
from experiments.plan.problem import SweepError
from experiments.results.folder import plain
from experiments.results.sweep.table import REGIME, STRUCTURE
from experiments.study.phase.axis import read_axis
from experiments.study.phase.frontier import read_frontier
from experiments.study.phase.run import grid_plan, run, write_rows
from model.scenario.registry import REGIMES, STRUCTURES

FIGURE = "experiments.study.phase.frontier_figure"


def frontier(out: Path, as_json: bool, **typed: Any) -> int:
    """Draw callable capital, tail loss and burden on winners of structures and regimes; started again it goes on."""
    run(_plan(typed), out, typed["workers"], typed["quiet"])
    found = read_frontier(out)
    rows = [item._asdict() for item in found]
    made = [*save_vector(drawer(FIGURE), out / "frontier", found), write_rows(out / "frontier.csv", rows)]
    click.echo(
        json.dumps(plain(rows), indent=2, allow_nan=False)
        if as_json
        else "\n".join(_line(item) for item in found if item.best)
    )
    click.echo("\n".join(map(str, made)), err=True)
    return 0


def _plan(typed: dict[str, Any]) -> Any:
    axis = read_axis("--capital", typed["capital"])
    if axis.name != "backstop.capital_ratio":
        raise SweepError(f"--capital: {axis.name}: allowed is backstop.capital_ratio")
    across = {STRUCTURE: typed["structures"] or tuple(STRUCTURES), REGIME: typed["regimes"] or tuple(REGIMES)}
    return grid_plan(chosen(typed), [axis], across, typed["replications"], typed["many"])


def _line(item: Any) -> str:
    amounts = (
        f"callable capital {item.callable_capital / 1e6:.3g}, tail {item.tail / 1e6:.3g}, "
        f"winners {item.burden / 1e6:.3g} $M"
    )
    return f"{item.structure} / {item.regime}: {amounts}"
