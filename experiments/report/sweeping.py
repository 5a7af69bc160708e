"""What a report shows of a sweep: what its design allows, means by point, and how metrics move with each field."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from experiments.figure.attempt import drawer
from experiments.report import arrangement, designed
from experiments.report.swept import Swept
from experiments.report.table import Table
from experiments.statistics.wording import METHODS, SIGNS, told

EFFECT = "experiments.report.effect_figure"
SHOWN_POINTS = 60  # points in the page and in LaTeX; the CSV has all


def tables(swept: Swept) -> list[Table]:
    """Return the tables that the design allows, and means by point."""
    return [*arrangement.tables(swept), *designed.tables(swept), _points(swept)]


def _points(swept: Swept) -> Table:
    """Return means with intervals, a row per point."""
    data, rows = [], []
    for point, runs in swept.runs.groupby("point", sort=True):
        fields = {name: runs[name].iloc[0] for name in swept.fields}
        means = {line.metric: swept.mean(line.metric, runs[line.metric]) for line in swept.lines}
        data += [{"point": point, **fields, "metric": name, **item._asdict()} for name, item in means.items()]
        shown_means = (told(means[line.metric], line.factor) for line in swept.lines)
        rows.append((str(point), *map(_word, fields.values()), *shown_means))
    rest = f" The first {SHOWN_POINTS} of {len(rows)} points; all are in the CSV." if len(rows) > SHOWN_POINTS else ""
    note = f"Means of up to n = {_most(swept)} replications on common random numbers. {METHODS} {SIGNS}{rest}"
    head = ("point", *swept.fields, *(f"{line.label}, {line.unit}" for line in swept.lines))
    return Table("points", "Means by point", head, tuple(rows[:SHOWN_POINTS]), note, tuple(data))


def figures(swept: Swept) -> Iterator[tuple[str, str, Any]]:
    """Yield name, title and a function that draws."""
    yield from arrangement.figures(swept)
    yield from designed.figures(swept)
    yield (
        "effect",
        "How the headline metrics move with each field",
        partial(drawer(EFFECT), swept),
    )


def described(text: str) -> str:
    """Return a field of the plan, kept as JSON, in words."""
    _, *terms = json.loads(text)
    if len(terms) == 1:
        return "{" + ", ".join(_word(value) for value in terms[0]) + "}"
    low, high, log = terms[:3]
    return f"{low:g} to {high:g}" + (" (log scale)" if log else "")


def _most(swept: Swept) -> int:
    return int(swept.runs.groupby("point").size().max())


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
