"""Tables as wide as the output: columns fold between words, and where their words have no room a row is a list."""

import os
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

FRAME = 3  # signs a column takes next to its text, and one more for the table


def output(width: int) -> Console:
    """Return the console of standard output, `width` columns wide unless its terminal or COLUMNS says otherwise."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return Console(file=sys.stdout, width=None if known else width, highlight=False)


def print_table(console: Console, table: Table) -> None:
    """Print `table`, of which no word is broken where the console is as wide as its longest word."""
    widths = fitting(console, table)
    if widths is None:
        for line in listed(table):
            console.print(line)
        return
    for column, width in zip(table.columns, widths, strict=True):
        column.width, column.no_wrap = width, False
    console.print(table)


def fitting(console: Console, table: Table) -> list[int] | None:
    """Return the widths of columns that fit in, or None where their longest words do not."""
    found = [_measured(console, column) for column in table.columns]
    widths = [one.maximum for one in found]
    while sum(widths) + FRAME * len(widths) + 1 > console.width:
        spare = [width - one.minimum for width, one in zip(widths, found, strict=True)]
        room = [i for i, left in enumerate(spare) if left > 0]
        if not room:
            return None
        widths[max(room, key=lambda i: widths[i])] -= 1
    return widths


def listed(table: Table) -> Iterator[Text]:
    """Yield the lines of a table as a list: the first cell of every row, the others below it by their headings."""
    if table.title:
        yield Text(f"\n{_text(table.title)}")
    headings = [" ".join(_text(column.header).split()) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        first, *rest = (" ".join(_text(cell).split()) for cell in row)
        yield Text(f"{headings[0]}: {first}" if headings[0] else first)
        for heading, cell in zip(headings[1:], rest, strict=True):
            if cell:
                yield Text(f"  {heading}: {cell}")
    if table.caption:
        yield Text(_text(table.caption))


def _measured(console: Console, column: Column) -> Measurement:
    options = console.options.update(width=10_000)
    texts = [Text(_text(cell)) for cell in (column.header, *column.cells)]
    found = [Measurement.get(console, options, text) for text in texts]
    return Measurement(max(one.minimum for one in found), max(one.maximum for one in found))


def _text(part: object) -> str:
    """Return what is written in a cell, without its marks of style."""
    return part.plain if isinstance(part, Text) else Text.from_markup(str(part)).plain
