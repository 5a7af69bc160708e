"""``backstop phase``: where isolated and where shared capital wins, over two fields."""

import json
from pathlib import Path
from typing import Any

import click

from experiments.cli.option import SCENARIO_NAMES
from experiments.figure.attempt import drawer, save_vector
from experiments.plan.configuration import REGIME, STRUCTURE, base
from experiments.plan.options import Options
from experiments.plan.problem import SweepError
from experiments.results.folder import plain
from experiments.study.phase.axis import read_axis
from experiments.study.phase.diagram import read_diagram, rows
from experiments.study.phase.run import grid_plan, run, write_rows


def phase(
    x: str, y: str, a: str | None, b: str | None, metrics: tuple[str, ...], out: Path, as_json: bool, **typed: Any
) -> int:  # fmt: skip
    """Map over two fields where structure a and where structure b is better; started again it does what is missing.

    Parameters
    ----------
    x, y : the axes, as :mod:`experiments.study.phase.axis` says.
    a, b : the structures; None for those the scenario names or the usual ones.
    metrics : less of each is better; empty for the usual ones.
    out : folder of the sweep and the maps.
    as_json : print the points as JSON.
    typed : the options of the scenario, ``regime``, ``replications``, ``workers``, ``many`` and ``quiet``.
    """
    (a, b), regime = arranged(a, b, typed)
    plan, axes = _plan(x, y, (a, b), {**typed, "regime": regime})
    run(plan, out, typed["workers"], typed["quiet"])
    named = metrics or ("uncovered", "defaults")
    diagrams = [read_diagram(out, axes[0], axes[1], (a, b), metric) for metric in named]
    made = save_vector(drawer("experiments.study.phase.diagram_figure"), out / "phase", diagrams)
    found = [row for diagram in diagrams for row in rows(diagram)]
    made.append(write_rows(out / "phase.csv", found))
    click.echo(json.dumps(plain(found), indent=2, allow_nan=False) if as_json else "\n".join(_lines(found, a, b)))
    click.echo("\n".join(map(str, made)), err=True)
    return 0


def arranged(a: str | None, b: str | None, typed: dict[str, Any]) -> tuple[tuple[str, str], str]:
    """Return the two structures and the regime: those typed, else those the scenario names, else the usual ones."""
    described = base(Options(**chosen(typed)))
    backstop, given = described.scenario.backstop, described.given
    regime = typed["regime"] or (backstop.regime if REGIME in given else "bad_debt")
    own = backstop.structure if STRUCTURE in given else "pooled"
    first = a or next(name for name in ("isolated", own, "pooled") if name != b)
    second = b or next(name for name in (own, "pooled", "isolated") if name != first)
    return (first, second), regime


def _plan(x: str, y: str, pair: tuple[str, str], typed: dict[str, Any]) -> tuple[Any, tuple[str, str]]:
    axes = read_axis("--x", x), read_axis("--y", y)
    if axes[0].name == axes[1].name or pair[0] == pair[1]:
        raise SweepError("--x and --y, --a and --b: allowed are two different ones")
    across = {STRUCTURE: pair, REGIME: (typed["regime"],)}
    plan = grid_plan(chosen(typed), axes[::-1], across, typed["replications"], typed["many"])
    return plan, (axes[0].name, axes[1].name)


def chosen(typed: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the base scenario among those typed."""
    return {name: typed[name] for name in SCENARIO_NAMES if typed[name] is not None}


def _lines(found: list[dict[str, Any]], a: str, b: str) -> list[str]:
    lines = []
    for metric in dict.fromkeys(row["metric"] for row in found):
        winners = [row["winner"] for row in found if row["metric"] == metric]
        count = ", ".join(f"{name} better at {winners.count(name)}" for name in (a, b))
        lines.append(f"{metric}: {count}, undecided at {winners.count('none')} of {len(winners)} points")
    return lines
