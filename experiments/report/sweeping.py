"""What a report shows of a sweep: what its design allows, means by point, and how metrics move with each field."""

import json
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.callable_capital import METRIC
from experiments.estimate import Estimate, estimate
from experiments.figure.attempt import drawer
from experiments.headline import Headline, shown
from experiments.kind import members_among
from experiments.phase.diagram import Diagram
from experiments.phase.frontier import METRICS
from experiments.phase.table import run_table
from experiments.report import arrangement, designed
from experiments.report.table import Table
from experiments.sensitivity.analysis import Index
from experiments.sweep.query import ask
from experiments.wording import METHODS, SIGNS, told

SHOWN_POINTS = 60  # points in the page and in LaTeX; the CSV has all
SHOWN_METRICS = 4
FURTHER = tuple(dict.fromkeys([*METRICS, METRIC, *arrangement.COMPARED, *(line.metric for line in arrangement.BORNE)]))


class Swept:
    """The finished runs of a sweep's folder."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        names, _ = ask(folder, "SELECT * FROM runs LIMIT 0")
        self.folder, self.manifest = folder, manifest
        self.held = tuple(names)
        self.members = members_among(names)
        self.fields = tuple(manifest["fields"])
        self.lines = tuple(line for line in shown(names) if line.paired)[:SHOWN_METRICS]
        self.metrics = tuple(line.metric for line in self.lines) or tuple(names[6 : 6 + SHOWN_METRICS])
        self.lines = self.lines or tuple(Headline(name, name, "1") for name in self.metrics)
        further = (name for name in FURTHER if name in self.held)
        self.runs: pd.DataFrame = run_table(folder, [*self.fields, *self.metrics, *further])

    @cached_property
    def diagrams(self) -> list[Diagram]:
        """Maps, where the design allows them."""
        return designed.diagrams(self)

    @cached_property
    def indices(self) -> dict[str, list[Index]]:
        """Indices of sensitivity by metric, where the design allows them."""
        return designed.indices(self)

    @cached_property
    def base(self) -> dict[str, Any]:
        """The base scenario, flat by dotted name."""
        sections = self.manifest["scenario"].items()
        return {
            f"{name}.{key}": value for name, part in sections if isinstance(part, dict) for key, value in part.items()
        }

    def mean(self, metric: str, values: pd.Series) -> Estimate:
        """Return the mean of `metric` over replications with its interval."""
        return estimate(metric, values.to_numpy(), self.members)

    def several(self, field: str) -> bool:
        """Whether `field` was swept and has more than one value."""
        return field in self.fields and self.runs[field].nunique() > 1


def tables(swept: Swept) -> list[Table]:
    """Return what the design allows, and means by point."""
    return [*arrangement.tables(swept), *designed.tables(swept), _points(swept)]


def _points(swept: Swept) -> Table:
    """Return means with intervals, a row per point."""
    data, rows = [], []
    for point, runs in swept.runs.groupby("point", sort=True):
        fields = {name: runs[name].iloc[0] for name in swept.fields}
        found = {line.metric: swept.mean(line.metric, runs[line.metric]) for line in swept.lines}
        data += [{"point": point, **fields, "metric": name, **item._asdict()} for name, item in found.items()]
        shown_means = (told(found[line.metric], line.factor) for line in swept.lines)
        rows.append((str(point), *map(_word, fields.values()), *shown_means))
    rest = f" The first {SHOWN_POINTS} of {len(rows)} points; all are in the CSV." if len(rows) > SHOWN_POINTS else ""
    note = f"Means of up to n = {_most(swept)} replications on common random numbers. {METHODS} {SIGNS}{rest}"
    head = ("point", *swept.fields, *(f"{line.label}, {line.unit}" for line in swept.lines))
    return Table("points", "Means by point", head, tuple(rows[:SHOWN_POINTS]), note, tuple(data))


def figures(swept: Swept) -> Iterator[tuple[str, str, Any]]:
    """Yield name, title and a function that draws."""
    yield from arrangement.figures(swept)
    yield from designed.figures(swept)
    yield "effect", "How the headline metrics move with each field", partial(drawer("effect"), swept)


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
