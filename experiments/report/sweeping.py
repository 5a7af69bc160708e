"""What a report shows of a sweep: means at every point, and how the headline metrics move with each field."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.headline import Headline, shown
from experiments.phase.table import run_table
from experiments.report.table import Table
from experiments.statistic import mean_interval
from experiments.sweep.query import ask
from experiments.table import interval, number

SHOWN_POINTS = 60  # points in the page and in LaTeX; the CSV has all
SHOWN_METRICS = 4


class Swept:
    """The finished runs of a sweep's folder."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        names, _ = ask(folder, "SELECT * FROM runs LIMIT 0")
        self.fields = tuple(manifest["fields"])
        self.lines = tuple(line for line in shown(names) if line.paired)[:SHOWN_METRICS]
        self.metrics = tuple(line.metric for line in self.lines) or tuple(names[6 : 6 + SHOWN_METRICS])
        self.lines = self.lines or tuple(Headline(name, name, "1") for name in self.metrics)
        self.runs: pd.DataFrame = run_table(folder, [*self.fields, *self.metrics])


def tables(swept: Swept) -> list[Table]:
    """Return means with intervals, a row per point."""
    data, rows = [], []
    for point, runs in swept.runs.groupby("point", sort=True):
        fields = {name: runs[name].iloc[0] for name in swept.fields}
        found = {line.metric: mean_interval(runs[line.metric].to_numpy()) for line in swept.lines}
        data += [{"point": point, **fields, "metric": name, **item._asdict()} for name, item in found.items()]
        shown_means = (_mean(found[line.metric], line.factor) for line in swept.lines)
        rows.append((str(point), *map(_word, fields.values()), *shown_means))
    rest = f" The first {SHOWN_POINTS} of {len(rows)} points; all are in the CSV." if len(rows) > SHOWN_POINTS else ""
    note = f"Mean with 95 % interval (Student) of up to n = {_most(swept)} replications on common random numbers.{rest}"
    head = ("point", *swept.fields, *(f"{line.label}, {line.unit}" for line in swept.lines))
    return [Table("points", "Means by point", head, tuple(rows[:SHOWN_POINTS]), note, tuple(data))]


def figures(swept: Swept) -> Iterator[tuple[str, str, Any]]:
    """Yield name, title and a function that draws."""
    from experiments.figure.effect import draw  # noqa: PLC0415

    yield "effect", "How the headline metrics move with each field", partial(draw, swept)


def described(text: str) -> str:
    """Return a field of the plan, kept as JSON, in words."""
    _, *terms = json.loads(text)
    if len(terms) == 1:
        return "{" + ", ".join(_word(value) for value in terms[0]) + "}"
    low, high, log = terms[:3]
    return f"{low:g} to {high:g}" + (" (log scale)" if log else "")


def _most(swept: Swept) -> int:
    return int(swept.runs.groupby("point").size().max())


def _mean(found: Any, factor: float) -> str:
    mean, low, high = (factor * value for value in found[:3])
    return f"{number(mean)} {interval(low, high)}"


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
