"""The finished runs of a sweep's folder, with the metrics that a report shows of them."""

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.results.sweep.query import ask
from experiments.results.sweep.table import run_table
from experiments.statistics.estimate import Estimate, estimate
from experiments.statistics.headline_metrics import Headline, shown
from experiments.statistics.kind import members_among
from experiments.study.comparison.callable_capital import METRIC
from experiments.study.phase.frontier import METRICS

BORNE = (
    Headline("borne_winners", "by winners", "%", 100.0),
    Headline("borne_vault", "by vaults", "%", 100.0),
    Headline("borne_frozen", "frozen", "%", 100.0),
    Headline("borne_treasury", "by treasuries", "%", 100.0),
    Headline("borne_bad_debt", "bad debt", "%", 100.0),
    Headline("largest_cut", "largest cut", "% of equity", 100.0),
    Headline("defaults", "in default", "protocols"),
)
COMPARED = ("uncovered", "exhausted", "all_exhausted", "defaults")
SHOWN_METRICS = 4
FURTHER = tuple(dict.fromkeys([*METRICS, METRIC, *COMPARED, *(line.metric for line in BORNE)]))


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
    def base(self) -> dict[str, Any]:
        """The base scenario, flat by dotted name."""
        sections = self.manifest["scenario"].items()
        return {
            f"{name}.{key}": value
            for name, section in sections
            if isinstance(section, dict)
            for key, value in section.items()
        }

    def mean(self, metric: str, values: pd.Series) -> Estimate:
        """Return the mean of `metric` over replications with its interval."""
        return estimate(metric, values.to_numpy(), self.members)

    def several(self, field: str) -> bool:
        """Whether `field` was swept and has more than one value."""
        return field in self.fields and self.runs[field].nunique() > 1
