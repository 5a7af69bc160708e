"""What a report shows of a comparison: means, paired differences, and the figures of the comparison."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from experiments.bootstrap import RESAMPLES
from experiments.comparison import Comparison
from experiments.figure.draw import FIGURES
from experiments.figure.result import read_result
from experiments.headline import Headline, shown
from experiments.part import read_table
from experiments.report.table import Table
from experiments.table import interval, number
from experiments.worker import Run

KEY = ("cell", "structure", "regime", "replication")
TITLES = {
    "outcome": "Means of the headline metrics",
    "fan": "Backstop capital and uncovered loss through time",
    "market": "The market",
    "exhaustion": "Exhaustion",
}


def read_comparison(folder: Path, manifest: dict[str, Any]) -> Comparison:
    """Return the comparison whose runs are in `folder`."""
    comparison = Comparison(list(manifest["cells"]), range(manifest["replications"]))
    for row in read_table(folder / "runs").to_pylist():
        cell, structure, regime, replication = (row.pop(name) for name in KEY)
        summary = {name: value for name, value in row.items() if value is not None}
        comparison.add(Run(cell, structure, regime, replication, summary, {}))
    return comparison


def tables(comparison: Comparison) -> list[Table]:
    """Return means and paired differences."""
    return [_means(comparison), *([_differences(comparison)] if comparison.pairs else [])]


def figures(folder: Path, comparison: Comparison) -> Iterator[tuple[str, str, Any]]:
    """Yield name, title and a function that draws, for every figure."""
    for name in FIGURES:
        module = import_module(f"experiments.figure.{name}")
        yield name, TITLES.get(name, name), partial(module.draw, read_result(folder, comparison, module.SHOWN))


def _means(comparison: Comparison) -> Table:
    headlines = shown(comparison.metrics)
    rows = tuple((_label(line), *(_mean(comparison, cell, line) for cell in comparison.cells)) for line in headlines)
    data = tuple(
        {"metric": line.metric, "cell": cell, **comparison.interval(cell, line.metric)._asdict()}
        for line in headlines
        for cell in comparison.cells
    )
    note = f"Mean with 95 % interval (Student) of n = {comparison.replications} paired replications."
    return Table("means", "Means", ("metric", *comparison.cells), rows, note, data)


def _differences(comparison: Comparison) -> Table:
    lines = {line.metric: line for line in shown(comparison.metrics) if line.paired}
    found = [row for row in comparison.document()["pairs"] if row["metric"] in lines]
    rows = tuple(_difference(row, lines[row["metric"]]) for row in found)
    note = (
        f"a less b on the same worlds, n = {comparison.replications}; 95 % interval: BCa bootstrap, {RESAMPLES} "
        "resamples; g: Hedges' g of the pairs; p: paired t test after Holm over this table."
    )
    head = ("metric", "a", "b", "a − b", "95 % interval", "g", "p (Holm)")
    data = tuple({**row, "ci95": None, **_ends(row)} for row in found)
    return Table("differences", "Paired differences", head, rows, note, _without(data, ("ci95", "bca95")))


def _difference(row: dict[str, Any], line: Headline) -> tuple[str, ...]:
    low, high = (line.factor * end for end in row["bca95"])
    value = number(line.factor * row["difference"])
    return _label(line), row["a"], row["b"], value, interval(low, high), number(row["hedges_g"]), _p(row["p_adjusted"])


def _ends(row: dict[str, Any]) -> dict[str, float]:
    names = ("student_low", "student_high", "bca_low", "bca_high")
    return dict(zip(names, [*row["ci95"], *row["bca95"]], strict=True))


def _without(rows: tuple[dict[str, Any], ...], names: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return tuple({name: value for name, value in row.items() if name not in names} for row in rows)


def _p(value: float) -> str:
    return "< 0.001" if value < 1e-3 else number(value)


def _mean(comparison: Comparison, cell: str, line: Headline) -> str:
    mean, low, high = (line.factor * value for value in comparison.interval(cell, line.metric)[:3])
    return f"{number(mean)} {interval(low, high)}"


def _label(line: Headline) -> str:
    return f"{line.label}, {line.unit}"
