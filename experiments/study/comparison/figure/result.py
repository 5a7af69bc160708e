"""The data of a figure: the metrics of all runs, and totals of series read from disk.

A run's series are kept by protocol and by asset (``fund_0``, ``mid_BTC``); figures show their totals.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from experiments.results.column import texts, values
from experiments.results.parquet import column_names, read_table
from experiments.statistics.headline_metrics import Total
from experiments.study.comparison.answer import Comparison


class Result(NamedTuple):
    """A comparison with totals of its series; ``series[arrangement][name]`` is (R, T), a row per finished run."""

    comparison: Comparison
    series: dict[str, dict[str, NDArray[np.float32]]]


def read_result(folder: Path, comparison: Comparison, totals: Sequence[Total]) -> Result:
    """Read `totals` from an unfinished result folder; those without a column are left out."""
    columns = column_names(folder / "series") if totals else ()
    parts = {total: names for total in totals if (names := total.columns(columns))}
    if not parts:
        return Result(comparison, {})
    wanted = dict.fromkeys(itertools.chain.from_iterable(parts.values()))
    table = read_table(folder / "series", ["cell", "step", *wanted])
    steps = int(pc.max(table["step"]).as_py()) + 1
    sums = {arrangement: _sums(table, arrangement, parts, steps) for arrangement in comparison.arrangements}
    return Result(comparison, {arrangement: drawn for arrangement, drawn in sums.items() if drawn})


def _sums(
    table: pa.Table, arrangement: str, parts: Mapping[Total, Sequence[str]], steps: int
) -> dict[str, NDArray[np.float32]]:
    rows = table.filter(pc.equal(table["cell"], texts([arrangement])[0]))
    if not rows.num_rows:
        return {}
    return {total.name: _sum(rows, names).reshape(-1, steps) for total, names in parts.items()}


def _sum(rows: pa.Table, names: Sequence[str]) -> NDArray[np.float32]:
    return np.sum([values(rows[name]) for name in names], axis=0, dtype=np.float32)
