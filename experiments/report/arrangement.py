"""What a report says of structures and loss regimes where a sweep ran both: tables, and the frontier.

Structures are compared by paired differences to the one named first, regimes by who bore the deficit. In both the mean
over the other axis is taken within each replication first, so that the interval is over replications alone. Where
something else was swept with few values, such as the episode, each of its values has rows of its own.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from experiments.figure.attempt import drawer
from experiments.report.swept import BORNE, COMPARED, Swept
from experiments.report.table import Table
from experiments.results.sweep.table import REGIME, STRUCTURE
from experiments.statistics.estimate import Contrast, Estimate, contrast
from experiments.statistics.headline_metrics import HEADLINES, Headline
from experiments.statistics.wording import METHODS, SIGNS, VERDICTS, apart, number, told
from experiments.study.phase.frontier import METRICS, RATIO, arrangements, with_callable
from model.scenario import Scenario

MOST_GROUPS = 6
FRONTIER = "experiments.study.phase.frontier_figure"


def tables(swept: "Swept") -> Iterator[Table]:
    """Yield a table of structures and one of regimes, each where there are several."""
    if swept.several(STRUCTURE):
        lines = tuple(line for line in HEADLINES if line.metric in COMPARED and line.metric in swept.held)
        first = str(swept.runs[STRUCTURE].iloc[0])
        note = f"Mean paired difference to {first}, over all else but what the row names. {_note(swept)}"
        yield _table("structures", "Structures", STRUCTURE, swept, lines, first, note)
    if swept.several(REGIME):
        lines = tuple(line for line in BORNE if line.metric in swept.held)
        note = f"Means over all else but what the row names; shares are of the deficit. {_note(swept)}"
        yield _table("regimes", "Who bears it", REGIME, swept, lines, None, note)


def figures(swept: "Swept") -> Iterator[tuple[str, str, Any]]:
    """Yield the frontier where structures and regimes were crossed."""
    if not (swept.several(STRUCTURE) and swept.several(REGIME) and set(METRICS) <= set(swept.held)):
        return
    base = swept.base
    missing = {name: base[name] for name in (STRUCTURE, REGIME, RATIO) if name not in swept.fields}
    scenario = Scenario.from_mapping(swept.manifest["scenario"])
    points = [
        item
        for label, runs in _groups(swept, (RATIO,))
        for item in arrangements(with_callable(runs, scenario, swept.fields).assign(**missing), label)
    ]
    yield (
        "frontier",
        "Callable capital, tail loss and burden on winners",
        partial(drawer(FRONTIER), points),
    )


def _table(
    name: str, title: str, axis: str, swept: "Swept", lines: Sequence[Headline], first: str | None, note: str
) -> Table:
    rows, data = [], []
    for label, runs in _groups(swept):
        for value, difference in _compared(swept, runs, axis, lines, first):
            rows.append((label, value, *(_text(item, line) for item, line in zip(difference, lines, strict=True))))
            for item, line in zip(difference, lines, strict=True):
                data.append({"group": label, axis: value, "metric": line.metric, **item._asdict()})
    head = ("group", axis.partition(".")[2], *(f"{line.label}, {line.unit}" for line in lines))
    return Table(name, title, head, tuple(rows), note, tuple(data))


def _compared(
    swept: "Swept", runs: pd.DataFrame, axis: str, lines: Sequence[Headline], first: str | None
) -> Iterator[tuple[str, list[Estimate | Contrast]]]:
    means = {line.metric: runs.groupby([axis, "replication"])[line.metric].mean().unstack(0) for line in lines}
    for value in dict.fromkeys(runs[axis]):
        if value != first:
            yield value, [_found(swept, line.metric, means[line.metric], value, first) for line in lines]


def _found(swept: "Swept", metric: str, means: pd.DataFrame, value: str, first: str | None) -> Estimate | Contrast:
    if first is None:
        return swept.mean(metric, means[value])
    return contrast(metric, means[value].to_numpy(), means[first].to_numpy(), swept.members)


def _groups(swept: "Swept", apart: Sequence[str] = ()) -> list[tuple[str, pd.DataFrame]]:
    """Return label and runs for every combination of what else was swept, or all at once where there are many."""
    others = [name for name in swept.fields if name not in (STRUCTURE, REGIME, *apart) and swept.several(name)]
    groups = list(swept.runs.groupby(others, sort=True)) if others else []
    if not 1 < len(groups) <= MOST_GROUPS:
        return [("", swept.runs)]
    return [(", ".join(map(str, key)), runs) for key, runs in groups]


def _note(swept: "Swept") -> str:
    replications = swept.runs["replication"].nunique()
    return f"n = {replications} replications on common random numbers. {METHODS} {SIGNS} {VERDICTS}"


def _text(summary: Estimate | Contrast, line: Headline) -> str:
    if isinstance(summary, Estimate):
        return told(summary, line.factor)
    return f"{number(summary.mean * line.factor)} {apart(summary, line.factor)}"
