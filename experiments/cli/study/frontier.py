"""``backstop frontier``: callable capital against tail loss against the burden on winners."""

import json
from pathlib import Path
from typing import Any

import click

from experiments.cli.option import explained, scenario_options
from experiments.cli.study.phase import chosen, run_options

FIGURE = "experiments.study.phase.frontier_figure"
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
def frontier(out: Path, as_json: bool, **typed: Any) -> int:
    """Draw callable capital, tail loss and burden on winners of structures and regimes; started again it goes on."""
    from experiments.study.phase.frontier import read_frontier  # noqa: PLC0415
    from experiments.study.phase.run import run, write_rows  # noqa: PLC0415

    run(_plan(typed), out, typed["workers"], typed["quiet"])
    found = read_frontier(out)
    from experiments.figure.attempt import drawer, save_vector  # noqa: PLC0415
    from experiments.results.folder import plain  # noqa: PLC0415

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
    from experiments.plan.problem import SweepError  # noqa: PLC0415
    from experiments.results.sweep.table import REGIME, STRUCTURE  # noqa: PLC0415
    from experiments.study.phase.axis import read_axis  # noqa: PLC0415
    from experiments.study.phase.run import grid_plan  # noqa: PLC0415
    from model.scenario.registry import REGIMES, STRUCTURES  # noqa: PLC0415

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
