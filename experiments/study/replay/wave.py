"""The waves of an auto-deleveraging event, read from three files and checked against each other.

A **wave** is a burst of deleveraging. For each wave w and coin c the files hold the contracts closed and their **gap**
g[w, c] >= 0, USD: what closing them at the bankruptcy price of the failed accounts, rather than at the mark, takes
from the winners. It is what was **needed**, n[w] = Σ_c g[w, c]. Next to it stand what production **took**, what other
policies would have taken from the same winners, and the winners' equity and unrealised profit at the start of the wave
(format: ``autodeleveraging-analysis``, folder ``out``, of the event of 10 October 2025).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

GAPS = "two_pass_wave_coin_gap_per_contract.csv"
WAVES = "two_pass_equity_delta_by_wave.csv"
POLICIES = "policy_per_wave_metrics.csv"
COLUMNS = {
    GAPS: ("wave", "coin", "gap_usd_x_qty", "qty_contracts", "gap_per_contract_usd"),
    WAVES: (
        "wave",
        "deficit_usd",
        "max_loss_usd",
        "budget_needed_usd",
        "budget_prod_usd",
        "winners_equity_start_usd",
        "winners_pnl_start_usd",
    ),
    POLICIES: ("wave", "budget_needed", "budget_prod", "max_pct_prod"),
}
NOT_A_POLICY = ("needed", "target")
TOLERANCE = 1e-6

type Floats = NDArray[np.float64]


class ReplayError(ValueError):
    """Files that cannot be replayed; `problems` holds one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Waves(NamedTuple):
    """W waves in order of time and C coins; all USD, >= 0, unless said otherwise.

    Attributes
    ----------
    wave : (W,) numbers of the waves, and `coin` : (C,) names of the coins.
    gap, contracts, gap_per_contract : (W, C); 0 where a coin was not deleveraged; contracts are a number.
    production : (W,) taken in production, by the data's own account.
    equity, profit : (W,) of all winners at the start of the wave.
    deficit, max_loss : (W,) of the failed accounts, an account counted again in every wave it fails in.
    policies : policy → (W,) taken, by the data's own account.
    fractions : policy → (W,) largest fraction of one winner's equity taken, in [0, 1].
    """

    wave: NDArray[np.int64]
    coin: tuple[str, ...]
    gap: Floats
    contracts: Floats
    gap_per_contract: Floats
    production: Floats
    equity: Floats
    profit: Floats
    deficit: Floats
    max_loss: Floats
    policies: dict[str, Floats]
    fractions: dict[str, Floats]

    @property
    def needed(self) -> Floats:
        """What each wave needed, (W,) USD."""
        return self.gap.sum(axis=1)


def read_waves(folder: str | Path) -> Waves:
    """Read the three files in `folder`.

    Raises
    ------
    ReplayError : with a line for every file, column or value that is missing or wrong, and for files that disagree.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ReplayError([f"{path}: no such folder; allowed: one that holds {', '.join(COLUMNS)}"])
    problems: list[str] = []
    tables = {name: _table(path / name, columns, problems) for name, columns in COLUMNS.items()}
    if not problems:
        problems += _disagreements(path, tables)
    if problems:
        raise ReplayError(problems)
    return _waves(tables)


def _table(path: Path, columns: tuple[str, ...], problems: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return pd.DataFrame()
    except (ValueError, UnicodeDecodeError) as error:
        problems.append(f"{path}: not a CSV file: {str(error).splitlines()[0]}")
        return pd.DataFrame()
    missing = [name for name in columns if name not in table]
    problems += [f"{path}: column {name!r} is missing" for name in missing]
    if not missing:
        policies = [f"{stem}_{name}" for name in _policies(table) for stem in ("budget", "max_pct")]
        numbers = [name for name in columns if name != "coin"]
        problems += _bad_values(path, table, list(dict.fromkeys([*numbers, *policies])))
    return table


def _bad_values(path: Path, table: pd.DataFrame, columns: list[str]) -> Iterator[str]:
    """Yield a line per column with a value that is no number >= 0; turn the others into numbers."""
    if table.empty:
        yield f"{path}: no rows; allowed: one or more"
    for name in columns:
        numbers = pd.to_numeric(table[name], errors="coerce")
        bad = ~(np.isfinite(numbers.to_numpy(dtype=np.float64)) & (numbers.to_numpy() >= 0))
        if bad.any():
            row = int(bad.argmax())
            yield f"{path}: row {row + 2}: {name}: {table[name].iloc[row]}: allowed: a number of 0 or more"
        table[name] = numbers


def _disagreements(path: Path, tables: dict[str, pd.DataFrame]) -> Iterator[str]:
    gaps, waves, policies = (tables[name] for name in COLUMNS)
    for name, table, key in ((GAPS, gaps, ["wave", "coin"]), (WAVES, waves, ["wave"]), (POLICIES, policies, ["wave"])):
        if (count := int(table.duplicated(key).sum())) > 0:
            yield f"{path / name}: {count} rows repeat a {' and '.join(key)}; allowed: one row each"
        if set(table["wave"]) != set(waves["wave"]):
            yield f"{path / name}: its waves are not those of {WAVES}"
    needed = waves.groupby("wave")["budget_needed_usd"].first()
    for name, sums in (
        (GAPS, gaps.groupby("wave")["gap_usd_x_qty"].sum()),
        (POLICIES, policies.groupby("wave")["budget_needed"].first()),
    ):
        apart = (sums.reindex(needed.index) - needed).abs() > TOLERANCE * needed.clip(lower=1.0)
        for wave in apart.index[apart]:
            yield f"{path / name}: wave {wave:g} needs {sums[wave]:.2f} but {needed[wave]:.2f} in {WAVES}"


def _waves(tables: dict[str, pd.DataFrame]) -> Waves:
    gaps, waves, policies = tables[GAPS], tables[WAVES].sort_values("wave"), tables[POLICIES].sort_values("wave")
    names = _policies(policies)
    return Waves(
        wave=waves["wave"].to_numpy(dtype=np.int64),
        coin=tuple(sorted(set(gaps["coin"].astype(str)))),
        gap=_square(gaps, "gap_usd_x_qty"),
        contracts=_square(gaps, "qty_contracts"),
        gap_per_contract=_square(gaps, "gap_per_contract_usd"),
        production=_numbers(waves, "budget_prod_usd"),
        equity=_numbers(waves, "winners_equity_start_usd"),
        profit=_numbers(waves, "winners_pnl_start_usd"),
        deficit=_numbers(waves, "deficit_usd"),
        max_loss=_numbers(waves, "max_loss_usd"),
        policies={name: _numbers(policies, f"budget_{name}") for name in names},
        fractions={name: _numbers(policies, f"max_pct_{name}") for name in names},
    )


def _policies(table: pd.DataFrame) -> list[str]:
    """Return the policies a table has budgets and fractions of."""
    names = [column.removeprefix("budget_") for column in table if column.startswith("budget_")]
    return [name for name in names if name not in NOT_A_POLICY and f"max_pct_{name}" in table]


def _numbers(table: pd.DataFrame, column: str) -> Floats:
    return table[column].to_numpy(dtype=np.float64)


def _square(gaps: pd.DataFrame, column: str) -> Floats:
    """Return a column as (W, C), waves and coins in order, 0 where there is no row."""
    named = gaps.assign(coin=gaps["coin"].astype(str))
    return named.pivot(index="wave", columns="coin", values=column).fillna(0.0).to_numpy(dtype=np.float64)
