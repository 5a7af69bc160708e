"""The tables of a comparison on standard output: means with intervals, paired differences, innocents and saved."""

import itertools
import math
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from experiments.comparison import LEVEL
from experiments.headline import Headline, shown
from experiments.pairing import pairings
from experiments.statistic import Interval

if TYPE_CHECKING:
    from experiments.comparison import Comparison

# Columns of a table where the output is no terminal.
WIDTH = 140


def show(comparison: "Comparison") -> None:
    """Print the tables of `comparison`."""
    tables = [mean_table(comparison), difference_table(comparison)]
    for table in [*tables, pairing_table(comparison)] if comparison.pairs else tables:
        console().print(table)


def console() -> Console:
    """Return the console tables are printed on: standard output, of a fixed width where it is no terminal."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH, highlight=False)


def mean_table(comparison: "Comparison") -> Table:
    """Return the headline metrics, a column per cell: mean and 95 % interval."""
    table = Table(title=f"Means and 95 % intervals of {comparison.replications} replications")
    table.add_column("metric")
    for cell in comparison.cells:
        table.add_column(cell, justify="right", no_wrap=True)
    for headline in shown(comparison.metrics):
        table.add_row(_name(headline), *(_mean(comparison, cell, headline) for cell in comparison.cells))
    worst = (comparison.risk(cell)["expected_shortfall"] for cell in comparison.cells)
    name = f"uncovered loss, mean of the worst {1 - LEVEL:.0%}, $M"
    table.add_row(name, *(number(math.nan if loss is None else loss * 1e-6) for loss in worst))
    return table


def difference_table(comparison: "Comparison") -> Table:
    """Return the headline metrics pair by pair, with what pairing gained."""
    pairs = _pairs(comparison)
    table = Table(title="Paired differences, a - b", caption=_rest(comparison, pairs))
    for name in ("metric", "a", "b"):
        table.add_column(name, overflow="fold")
    for name in ("a - b", "95 % interval", "correlation", "variance\nreduction"):
        table.add_column(name, justify="right", no_wrap=True)
    for headline in (line for line in shown(comparison.metrics) if line.paired):
        names = itertools.chain([_name(headline)], itertools.repeat(""))
        for name, (a, b) in zip(names, pairs, strict=False):
            table.add_row(name, a, b, *_difference(comparison, a, b, headline))
        table.add_section()
    return table


def pairing_table(comparison: "Comparison") -> Table:
    """Return, pair by pair, the protocols that cell b harmed though they were safe in a, and those it saved."""
    pairs = _pairs(comparison)
    table = Table(title="Protocols a run, world by world", caption=_rest(comparison, pairs))
    for name in ("a", "b"):
        table.add_column(name, overflow="fold")
    for name in ("innocents: safe in a,\nuncovered in b", "saved: uncovered in a,\nsafe in b"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in pairings(comparison):
        if (pair.a, pair.b) in pairs:
            table.add_row(pair.a, pair.b, _with_interval(pair.innocents), _with_interval(pair.saved))
    return table


def number(value: float) -> str:
    """Return `value` with three significant digits or as a whole number, ``n/a`` where it is undefined."""
    if not math.isfinite(value):
        return "n/a"
    if value != 0 and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{digits}f}"


def interval(low: float, high: float) -> str:
    """Return an interval as text, ``n/a`` where it is undefined."""
    return f"[{number(low)}, {number(high)}]" if math.isfinite(low) else "n/a"


def _pairs(comparison: "Comparison") -> list[tuple[str, str]]:
    """Return the pairs worth a line each: all of four cells, of more only those with the first."""
    few = len(comparison.cells) <= 4
    return [pair for pair in comparison.pairs if few or pair[0] == comparison.cells[0]]


def _name(headline: Headline) -> str:
    return f"{headline.label}, {headline.unit}"


def _rest(comparison: "Comparison", pairs: list[tuple[str, str]]) -> str | None:
    rest = len(comparison.pairs) - len(pairs)
    return f"{rest} more pairs: --json" if rest else None


def _mean(comparison: "Comparison", cell: str, headline: Headline) -> str:
    return _with_interval(comparison.interval(cell, headline.metric), headline.factor)


def _with_interval(found: Interval, factor: float = 1.0) -> str:
    mean, low, high = (value * factor for value in found[:3])
    return f"{number(mean)} {interval(low, high)}"


def _difference(comparison: "Comparison", a: str, b: str, headline: Headline) -> tuple[str, ...]:
    found = comparison.difference(a, b, headline.metric)
    mean, low, high = (value * headline.factor for value in found[:3])
    return number(mean), interval(low, high), number(found.correlation), number(found.variance_reduction)
