"""The frontier of structures and regimes: callable capital, tail of uncovered loss, burden on winners.

For every structure, regime and size of the backstop, over paired replications r,

- callable capital, USD: everything the structure may call, own funds, pools, skin in the game and assessments
  (:mod:`experiments.study.comparison.callable_capital`), so that a structure with powers beyond its capital is not
  called cheap;
- expected shortfall of the uncovered loss at 95 % (:mod:`model.measure.risk`), USD, and the number of runs it is the
  mean of, since no interval of so few can be trusted (:mod:`experiments.statistics.tail`);
- burden on winners, mean over r of (share borne by winners) × deficit, USD (:mod:`model.measure.burden`).

An arrangement is on the *frontier* where no other has no more of all three and less of one, compared by estimates.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.results.sweep.folder import read_manifest
from experiments.results.sweep.query import ask
from experiments.results.sweep.table import REGIME, STRUCTURE, run_table
from experiments.statistics.tail import tail
from experiments.study.comparison.callable_capital import METRIC, callable_capital
from model.scenario import Scenario

RATIO = "backstop.capital_ratio"
METRICS = ("capital", "uncovered", "deficit", "borne_winners")
SAME = 1e-9  # relative difference that is rounding


class Arrangement(NamedTuple):
    """A structure under a regime with one size of the backstop, amounts in USD.

    `tail` is the mean of the worst `tail_runs` of `number` replications; `low` and `high` are the ends of its interval,
    NaN because it has none. `capital` is the scenario's, `callable_capital` what arrangements are compared at; `best`
    says that it is on the frontier of its `group`, such as an episode.
    """

    structure: str
    regime: str
    ratio: float
    capital: float
    tail: float
    low: float
    high: float
    burden: float
    number: int
    best: bool = False
    group: str = ""
    tail_runs: int = 0
    callable_capital: float = float("nan")


def read_frontier(folder: Path) -> list[Arrangement]:
    """Return every arrangement in a sweep's folder; raises SweepError where it lacks their columns."""
    names, _ = ask(folder, "SELECT * FROM runs LIMIT 0")
    manifest = read_manifest(folder)
    fields, reported = tuple(manifest["fields"]), [METRIC] if METRIC in names else []
    table = run_table(folder, [STRUCTURE, REGIME, RATIO, *fields, *METRICS, *reported])
    return arrangements(with_callable(table, Scenario.from_mapping(manifest["scenario"]), fields))


def with_callable(table: pd.DataFrame, base: Scenario, fields: Sequence[str]) -> pd.DataFrame:
    """Return runs with their callable capital: as they report it, else as the scenario of their point has it.

    Parameters
    ----------
    table : a column for each of `fields`, and the metric where runs report it.
    base : scenario of the sweep, which points change.
    fields : that were swept.
    """
    if METRIC in table and table[METRIC].notna().all():
        return table
    if not fields:
        return table.assign(**{METRIC: callable_capital(base)})
    capital = np.empty(len(table))
    for point, rows in table.assign(place=np.arange(len(table))).groupby(list(fields), sort=False)["place"]:
        values = {name: getattr(value, "item", lambda v=value: v)() for name, value in zip(fields, point, strict=True)}
        capital[rows.to_numpy()] = callable_capital(base.replace(values))
    return table.assign(**{METRIC: capital})


def arrangements(table: pd.DataFrame, group: str = "") -> list[Arrangement]:
    """Return every arrangement among the runs of `table`, a column for each key, metric and `callable_capital`."""
    keys = [STRUCTURE, REGIME, RATIO]
    items = [_arrangement(names, runs) for names, runs in table.groupby(keys, sort=False)]
    amounts = np.array([[item.callable_capital, item.tail, item.burden] for item in items])
    return [item._replace(best=bool(best), group=group) for item, best in zip(items, undominated(amounts), strict=True)]


def undominated(amounts: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (n,) which rows of `amounts`, (n, k), less is better, no other row is at least as good as and better."""
    slack = SAME * np.abs(amounts).max(axis=0, initial=0.0)
    as_good = (amounts[:, None] <= amounts[None] + slack).all(axis=2)
    better = (amounts[:, None] < amounts[None] - slack).any(axis=2)
    return ~(as_good & better).any(axis=0)


def _arrangement(names: Sequence, runs: pd.DataFrame) -> Arrangement:
    losses = runs["uncovered"].to_numpy()
    burden = (runs["borne_winners"].fillna(0.0) * runs["deficit"]).mean()
    worst, unknown = tail(losses), math.nan
    structure, regime, ratio = names
    return Arrangement(
        structure=structure,
        regime=regime,
        ratio=float(ratio),
        capital=float(runs["capital"].mean()),
        tail=worst.expected_shortfall,
        low=unknown,
        high=unknown,
        burden=float(burden),
        number=len(runs),
        tail_runs=worst.runs,
        callable_capital=float(runs[METRIC].mean()),
    )
