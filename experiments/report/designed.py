"""What a sweep's design adds to its report: a map where two fields make a grid, indices where it was sampled."""

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from experiments.figure.attempt import drawer
from experiments.plan.problem import SweepError
from experiments.report.swept import Swept
from experiments.report.table import Table
from experiments.results.sweep.table import REGIME, STRUCTURE
from experiments.study.comparison.table import number
from experiments.study.phase.diagram import Diagram, read_diagram, rows
from experiments.study.sensitivity.analysis import Index, sensitivity

MAPPED = ("uncovered", "defaults")
PHASE, SENSITIVITY = "experiments.study.phase.diagram_figure", "experiments.study.sensitivity.figure"
AXES = 2


@lru_cache(maxsize=1)
def diagrams(swept: Swept) -> list[Diagram]:
    """Return the maps of a grid over two fields in which two structures or more were run; none of any other design."""
    axes = [name for name in swept.fields if name != STRUCTURE and swept.several(name)]
    grid = swept.manifest["plan"]["design"]["kind"] == "grid"
    if not (grid and len(axes) == AXES and REGIME not in axes and swept.several(STRUCTURE)):
        return []
    a, b = list(dict.fromkeys(swept.runs[STRUCTURE]))[:2]
    named = [metric for metric in MAPPED if metric in swept.held and {"deficit", "capital"} <= set(swept.held)]
    return [read_diagram(swept.folder, axes[1], axes[0], (a, b), metric) for metric in named]


@lru_cache(maxsize=1)
def indices(swept: Swept) -> dict[str, list[Index]]:
    """Return sensitivity indices by metric, for each metric shown that varies, in a sampled design that is complete."""
    by_metric = {}
    for line in swept.lines:
        try:
            by_metric[line.metric] = sensitivity(swept.folder, line.metric)
        except SweepError:  # the design has none, or the metric does not vary
            continue
    return {metric: items for metric, items in by_metric.items() if items}


def tables(swept: Swept) -> Iterator[Table]:
    """Yield the numbers behind the maps and the indices."""
    mapped = [row for diagram in diagrams(swept) for row in rows(diagram)]
    if mapped:
        yield _plain("map", "Who wins", mapped, "Paired differences; p adjusted after Benjamini and Hochberg.")
    entries = [{"metric": name, **item._asdict()} for name, items in indices(swept).items() for item in items]
    if entries:
        yield _plain(
            "sensitivity", "Sensitivity", entries, "Half-widths of 95 % bootstrap intervals where there are any."
        )


def figures(swept: Swept) -> Iterator[tuple[str, str, Any]]:
    """Yield the map and a figure of indices for every metric that has any."""
    if diagrams(swept):
        pair = f"{diagrams(swept)[0].a} and {diagrams(swept)[0].b}"
        yield "phase", f"Where {pair} win", partial(drawer(PHASE), diagrams(swept))
    for metric, items in indices(swept).items():
        yield f"sensitivity-{metric}", f"Which fields move {metric}", partial(drawer(SENSITIVITY), items, metric)


def _plain(name: str, title: str, data: list[dict[str, Any]], note: str) -> Table:
    shown = tuple(tuple(number(x) if isinstance(x, float) else str(x) for x in row.values()) for row in data)
    return Table(name, title, tuple(dict.fromkeys(key for row in data for key in row)), shown, note, tuple(data))
