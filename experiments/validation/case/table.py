"""Cases next to ours as tables on the screen, as a document and as lines about those that differ."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from experiments.results.folder import plain
from experiments.run.fold import output, print_table
from experiments.validation.case.evaluate import NOT_BUILT, UNKNOWN
from experiments.validation.case.file import one_line, visible
from experiments.validation.case.kind import Value
from experiments.validation.case.verdict import DIFFER, VERDICTS, Row
from experiments.validation.report import WIDTH, table

DIGITS = 12
NO_VALUE = object()
SHOWN = {DIFFER: DIFFER.upper()}


def show(rows: Sequence[Row]) -> None:
    """Print the cases of every topic that is built, the topics that are not, and the count of verdicts."""
    console = output(WIDTH)
    for name, cases in groupby((row for row in rows if row.why != NOT_BUILT), lambda row: row.topic):
        print_table(console, table(escape(visible(name)), [cells(row) for row in together(cases)]))
    _print_unbuilt(console, [row for row in rows if row.why == NOT_BUILT])
    console.print(summary(rows))


def _print_unbuilt(console: Console, rows: Iterable[Row]) -> None:
    counts = [(name, len(list(cases))) for name, cases in groupby(rows, lambda row: row.topic)]
    told = [f"{visible(name)} ({number} {'case' if number == 1 else 'cases'})" for name, number in counts]
    if told:
        console.print(f"not run, {NOT_BUILT}: {', '.join(told)}", markup=False)


def together(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows of a topic, the keys of a case that it does not know in one row, the last of the case."""
    for _, case in groupby(rows, lambda row: row.case):
        listed = list(case)
        unknown = [row for row in listed if row.why == UNKNOWN]
        yield from (row for row in listed if row.why != UNKNOWN)
        if unknown:
            yield unknown[0]._replace(output=", ".join(row.output for row in unknown), published=NO_VALUE)


def cells(row: Row) -> dict[str, str]:
    """Return a row as text, safe to be printed."""
    told = {
        "case": row.case or "-",
        "output": row.output or "-",
        "published": written(row.published) if row.output and row.published is not NO_VALUE else "-",
        "ours": "-" if row.why else written(row.ours),
        "difference": "-" if row.difference is None else f"{row.difference:.3g}",
        "allowed": allowed(row),
        "verdict": f"{row.verdict}: {row.why}" if row.why else SHOWN.get(row.verdict, row.verdict),
    }
    return {name: escape(visible(text)) for name, text in told.items()}


def allowed(row: Row) -> str:
    """Return what ours may differ by."""
    if row.allowed is None:
        return "-" if row.why else "equal"
    return f"± {row.allowed:.2g}{'' if row.tolerance is not None else ' (as printed)'}"


def written(value: Value) -> str:
    """Return a value as text: numbers to twelve digits, lists with commas, names before the values of an object."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {written(item)}" for name, item in value.items())
    if isinstance(value, list):
        nested = any(isinstance(item, (dict, list)) for item in value)
        return ("; " if nested else ", ").join(map(written, value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value + 0:.{DIGITS}g}" if isinstance(value, (int, float)) else str(value)


def summary(rows: Sequence[Row]) -> str:
    """Return how many outputs agree, differ and were not run."""
    return ", ".join(f"{number} {verdict}" for verdict, number in counted(rows).items())


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """Return the number of rows with each verdict."""
    return {verdict: sum(row.verdict == verdict for row in rows) for verdict in VERDICTS}


def differing(rows: Iterable[Row]) -> list[str]:
    """Return a line for every output that differs."""
    return [
        one_line(
            f"differs: {row.topic}, {row.case}: {row.output}: "
            f"published {written(row.published)}, ours {written(row.ours)}"
        )
        for row in rows
        if row.verdict == DIFFER
    ]


def document(path: Path, rows: Sequence[Row]) -> dict[str, Any]:
    """Return file, counts and every row with plain numbers."""
    told = {"file": str(path), **counted(rows), "rows": [row._asdict() for row in rows]}
    return {name: plain(value) for name, value in told.items()}
