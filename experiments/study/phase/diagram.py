"""Where a wins and where b wins, over two fields: paired differences of one metric on a grid.

A point is *decided* where the paired difference is significant at 5 % after Benjamini and Hochberg over the grid; less
of the metric is better. For reference stands the line on which

    total deficit / total capital = 1 + treasury / fund,

below which a pool has fewer defaults than isolated funds where losses come at once and nothing feeds back: pooled
protocols default together once (ΣD − ΣF) / M > T, isolated ones once D_i − F_i > T.

That a pool leaves no more *uncovered* than isolated funds is an identity, max(0, ΣD − ΣF) <= Σ max(0, D − F), wherever
deficits do not depend on who holds the capital; a map of uncovered loss marks the points where that holds.
"""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.plan.problem import SweepError
from experiments.results.sweep.folder import read_manifest
from experiments.results.sweep.table import STRUCTURE, paired, run_table, treasury_per_capital
from experiments.statistics.estimate import difference_p
from experiments.statistics.significance import benjamini_hochberg
from model.scenario import Scenario

LEVEL = 0.05
SAME = 1e-3  # relative difference of total deficits, run by run, up to which nothing feeds back
POOLING = {"isolated", "pooled"}

type Floats = NDArray[np.float64]


class Diagram(NamedTuple):
    """A map of a - b.

    Attributes
    ----------
    metric, a, b, x, y : names.
    xs, ys : values on the axes, X and Y of them.
    difference : (Y, X) mean paired difference, unit of the metric, NaN where there is none.
    p : (Y, X) adjusted p.
    strain : (Y, X) (deficit / capital) / (1 + treasury / fund); 1 on the reference line.
    number : replications of a point, at least.
    identity : number of points at which the sign of the difference follows from arithmetic alone.
    """

    metric: str
    a: str
    b: str
    x: str
    y: str
    xs: tuple[Any, ...]
    ys: tuple[Any, ...]
    difference: Floats
    p: Floats
    strain: Floats
    number: int
    identity: int

    @property
    def decided(self) -> NDArray[np.bool_]:
        """(Y, X) where the difference is significant."""
        return self.p <= LEVEL


def read_diagram(folder: Path, x: str, y: str, pair: tuple[str, str], metric: str) -> Diagram:
    """Return the map of `metric` over fields `x` and `y` from a sweep's folder.

    Parameters
    ----------
    folder : of a sweep whose design or `across` has both fields and ``backstop.structure``.
    pair : the structures a and b.
    metric : less of it is better.

    Raises
    ------
    SweepError
        If the folder holds no such runs.
    """
    table = run_table(folder, [x, y, STRUCTURE, metric, "deficit", "capital"])
    table = table[table[STRUCTURE].isin(pair)]
    wide = paired(table, [y, x], STRUCTURE, metric)
    if set(wide.columns) != set(pair):
        raise SweepError(f"{folder}: no paired runs of {pair[0]} and {pair[1]}")
    difference = wide[pair[0]] - wide[pair[1]]
    groups = difference.groupby(level=[0, 1])
    mean, p = _grid(groups.mean()), _grid(groups.apply(partial(difference_p, metric)))
    adjusted = benjamini_hochberg(p.to_numpy())
    strain = _strain(folder, table, x, y).reindex(index=mean.index, columns=mean.columns)
    is_identity = metric == "uncovered" and set(pair) == POOLING
    identity = _same_deficits(table, x, y, pair) if is_identity else 0
    return Diagram(
        metric=metric,
        a=pair[0],
        b=pair[1],
        x=x,
        y=y,
        xs=tuple(mean.columns),
        ys=tuple(mean.index),
        difference=mean.to_numpy(),
        p=adjusted,
        strain=strain.to_numpy(),
        number=int(groups.size().min()),
        identity=identity,
    )


def rows(diagram: Diagram) -> list[dict[str, Any]]:
    """Return a row per point, plain numbers."""
    return [
        {
            "metric": diagram.metric,
            diagram.x: diagram.xs[j],
            diagram.y: diagram.ys[i],
            f"{diagram.a} - {diagram.b}": float(diagram.difference[i, j]),
            "p_adjusted": float(diagram.p[i, j]),
            "winner": _winner(diagram, i, j),
            "strain": float(diagram.strain[i, j]),
        }
        for i in range(len(diagram.ys))
        for j in range(len(diagram.xs))
    ]


def _winner(diagram: Diagram, i: int, j: int) -> str:
    if not diagram.decided[i, j]:
        return "none"
    return diagram.b if diagram.difference[i, j] > 0 else diagram.a


def _grid(series: pd.Series) -> pd.DataFrame:
    return series.unstack(level=1).astype(np.float64)


def _strain(folder: Path, table: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    base = Scenario.from_mapping(read_manifest(folder)["scenario"])
    sums = table.groupby([y, x])[["deficit", "capital"]].mean()
    strains = [
        row.deficit / row.capital / (1.0 + treasury_per_capital(base, {y: at_y, x: at_x}, row.capital))
        for (at_y, at_x), row in zip(sums.index, sums.itertuples(), strict=True)
    ]
    return _grid(pd.Series(strains, index=sums.index))


def _same_deficits(table: pd.DataFrame, x: str, y: str, pair: tuple[str, str]) -> int:
    """Return the number of points at which deficits are the same in both structures, run by run."""
    wide = paired(table, [y, x], STRUCTURE, "deficit")
    same = (wide[pair[0]] - wide[pair[1]]).abs() <= SAME * wide.max(axis=1)
    return int(same.groupby(level=[0, 1]).all().sum())
