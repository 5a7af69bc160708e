"""The tables of a comparison on standard output: means with intervals, paired differences, innocents and saved."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from experiments.run.fold import output, print_table
from experiments.statistics.headline_metrics import Headline
from experiments.statistics.tail import LEVEL, Tail, tail
from experiments.statistics.wording import METHODS, SIGNS, VERDICTS, apart, interval, number, probability, told
from experiments.study.comparison.innocents import pairings

if TYPE_CHECKING:
    from experiments.study.comparison.answer import Comparison

__all__ = ["console", "interval", "number", "show"]

# Columns of a table where the output is no terminal.
WIDTH = 150


def show(comparison: "Comparison") -> None:
    """Print the tables of `comparison`."""
    tables = [mean_table(comparison), difference_table(comparison)]
    for table in [*tables, pairing_table(comparison)] if comparison.pairs else tables[:1]:
        print_table(console(), table)


def console() -> Console:
    """Return the console tables are printed on: standard output, fixed in width unless it or COLUMNS has one."""
    return output(WIDTH)


def mean_table(comparison: "Comparison") -> Table:
    """Return the headline metrics, a column an arrangement: means with intervals, tail of the uncovered loss."""
    title = f"Means and 95 % intervals of {comparison.replications} replications"
    table = Table(title=title, caption=f"{METHODS} {SIGNS}")
    table.add_column("metric")
    for arrangement in comparison.arrangements:
        table.add_column(arrangement, justify="right")
    for headline in comparison.headlines:
        intervals = (comparison.interval(arrangement, headline.metric) for arrangement in comparison.arrangements)
        table.add_row(_name(headline), *(told(item, headline.factor) for item in intervals))
    tails = [tail(comparison.values(arrangement, "uncovered")) for arrangement in comparison.arrangements]
    table.add_row(f"uncovered loss, {LEVEL:.0%} quantile, $M", *map(_quantile, tails))
    table.add_row(f"uncovered loss, mean of the worst {1 - LEVEL:.0%}, $M", *map(_shortfall, tails))
    return table


def difference_table(comparison: "Comparison") -> Table:
    """Return the headline metrics pair by pair, with the test of each and what pairing gained."""
    pairs = _pairs(comparison)
    notes = ["p after Holm over all pairs of these metrics.", METHODS, VERDICTS, _rest(comparison, pairs)]
    table = Table(title="Paired differences, a - b", caption=" ".join(filter(None, notes)))
    for name in ("metric", "a", "b"):
        table.add_column(name, overflow="fold")
    for name in ("a - b", "95 % interval", "p (Holm)", "correlation", "variance\nreduction"):
        table.add_column(name, justify="right", no_wrap=True)
    lines = {line.metric: line for line in comparison.headlines if line.paired}
    rows = [row for row in comparison.differences(tuple(lines)) if (row["a"], row["b"]) in pairs]
    for metric, line in lines.items():
        own = [row for row in rows if row["metric"] == metric]
        for name, row in zip(itertools.chain([_name(line)], itertools.repeat("")), own, strict=False):
            table.add_row(name, row["a"], row["b"], *_difference(comparison, row, line))
        table.add_section()
    return table


def pairing_table(comparison: "Comparison") -> Table:
    """Return, pair by pair, the protocols that arrangement b harmed though they were safe in a, and those it saved."""
    pairs = _pairs(comparison)
    table = Table(title="Protocols a run, world by world", caption=_rest(comparison, pairs))
    for name in ("a", "b"):
        table.add_column(name, overflow="fold")
    for name in ("innocents: safe in a,\nuncovered in b", "saved: uncovered in a,\nsafe in b"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in pairings(comparison.pairs, comparison.metrics, comparison.values):
        if (pair.a, pair.b) in pairs:
            table.add_row(pair.a, pair.b, told(pair.innocents), told(pair.saved))
    return table


def _pairs(comparison: "Comparison") -> Sequence[tuple[str, str]]:
    """Return the pairs that are shown: all pairs of up to four arrangements, of more only those with the first."""
    few = len(comparison.arrangements) <= 4
    return [pair for pair in comparison.pairs if few or pair[0] == comparison.arrangements[0]]


def _name(headline: Headline) -> str:
    return f"{headline.label}, {headline.unit}"


def _rest(comparison: "Comparison", pairs: Sequence[tuple[str, str]]) -> str | None:
    rest = len(comparison.pairs) - len(pairs)
    return f"{rest} more pairs: --json" if rest else None


def _quantile(worst: Tail) -> str:
    low, high = (end * 1e-6 for end in worst.ends)
    return f"{number(worst.value_at_risk * 1e-6)} {interval(low, high) if worst.number else ''}".rstrip()


def _shortfall(worst: Tail) -> str:
    mean = number(worst.expected_shortfall * 1e-6)
    return f"{mean} (worst {worst.runs} of {worst.number})" if worst.number else mean


def _difference(comparison: "Comparison", row: dict[str, Any], line: Headline) -> tuple[str, ...]:
    difference = comparison.difference(row["a"], row["b"], row["metric"])
    numbers = probability(row["p_adjusted"]), number(difference.correlation), number(difference.variance_reduction)
    return number(difference.mean * line.factor), apart(difference, line.factor), *numbers
