"""What a report shows of a comparison: means, paired differences, and the figures of the comparison."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from experiments.report.table import Table
from experiments.results.parquet import read_table
from experiments.results.run import Run
from experiments.results.run_store import Making
from experiments.statistics.headline_metrics import Headline
from experiments.statistics.wording import METHODS, SIGNS, VERDICTS, apart, number, probability, told
from experiments.study.comparison.answer import Comparison
from experiments.study.comparison.figure.draw import drawable
from experiments.study.comparison.figure.result import read_result

KEY = ("cell", "structure", "regime", "replication")
STORED = ("id", *Making._fields)
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
        arrangement, structure, regime, replication = (row.pop(name) for name in KEY)
        summary = {name: value for name, value in row.items() if value is not None and name not in STORED}
        comparison.add(Run(arrangement, structure, regime, replication, summary, {}))
    return comparison


def tables(comparison: Comparison) -> list[Table]:
    """Return means and paired differences."""
    return [_means(comparison), *([_differences(comparison)] if comparison.pairs else [])]


def figures(folder: Path, comparison: Comparison) -> Iterator[tuple[str, str, Any]]:
    """Yield name, title and a function that draws, for every figure."""
    for name in drawable(folder):
        yield name, TITLES.get(name, name), partial(_drawn, name, folder, comparison)


def _drawn(name: str, folder: Path, comparison: Comparison) -> Any:
    module = import_module(f"experiments.study.comparison.figure.{name}")
    return module.draw(read_result(folder, comparison, module.SHOWN))


def _means(comparison: Comparison) -> Table:
    headlines = comparison.headlines
    rows = tuple(
        (
            _label(line),
            *(
                told(comparison.interval(arrangement, line.metric), line.factor)
                for arrangement in comparison.arrangements
            ),
        )
        for line in headlines
    )
    data = tuple(
        {"metric": line.metric, "cell": arrangement, **comparison.interval(arrangement, line.metric)._asdict()}
        for line in headlines
        for arrangement in comparison.arrangements
    )
    note = f"Means of n = {comparison.replications} paired replications. {METHODS} {SIGNS}"
    return Table("means", "Means", ("metric", *comparison.arrangements), rows, note, data)


def _differences(comparison: Comparison) -> Table:
    lines = {line.metric: line for line in comparison.headlines if line.paired}
    pairs = comparison.differences(tuple(lines))
    rows = tuple(_difference(comparison, row, lines[row["metric"]]) for row in pairs)
    note = (
        f"a less b on the same worlds, n = {comparison.replications}; g: Hedges' g of the pairs; p after Holm over "
        f"this table. {METHODS} {VERDICTS}"
    )
    head = ("metric", "a", "b", "a − b", "95 % interval", "g", "p (Holm)")
    return Table("differences", "Paired differences", head, rows, note, tuple(map(_ends, pairs)))


def _difference(comparison: Comparison, row: dict[str, Any], line: Headline) -> tuple[str, ...]:
    difference = comparison.difference(row["a"], row["b"], row["metric"])
    numbers = number(line.factor * difference.mean), apart(difference, line.factor)
    return _label(line), row["a"], row["b"], *numbers, number(row["hedges_g"]), probability(row["p_adjusted"])


def _ends(row: dict[str, Any]) -> dict[str, Any]:
    """Return `row` with the ends of its interval in columns of their own."""
    low, high = row["ci95"]
    return {**{name: value for name, value in row.items() if name != "ci95"}, "low": low, "high": high}


def _label(line: Headline) -> str:
    return f"{line.label}, {line.unit}"
