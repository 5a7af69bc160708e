"""Price files in text: lines of columns parted by commas, semicolons, tabs or bars.

The heading is the first of the leading lines that names what is needed, whatever parts its columns; lines above it
(addresses, titles) and lines that begin with ``#`` are passed over. An exchange's klines may go without a heading.
Every cell is read as text; what it means is settled for a whole column at once (:mod:`model.price.reader.number`,
:mod:`model.price.reader.time`).
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from model.price.reader.heading import KLINE, chosen, clock_beside, is_heading, plain, wrong_columns
from model.price.reader.problem import Limits, PriceFileError, further, refusal, require

DELIMITERS = (",", ";", "\t", "|")
LEADING = 40  # lines in which the heading is looked for
LONGEST_LINE = 1_000_000  # characters
Columns = dict[str, pa.ChunkedArray]
_IDLE = re.compile(rb"(?m)^[ \t]*(#.*|[ \t]*\r?)$")
_CLOCK = r"^\s*\d{1,2}:\d\d(:\d\d(\.\d+)?)?\s*$"


class Layout(NamedTuple):
    """How the lines of a file are read."""

    line: int  # of the heading, from 0; -1 where there is none
    start: int  # byte at which the rows begin
    delimiter: str
    names: tuple[str, ...]  # as compared


def read_text(file: Path, data: bytes, limits: Limits, volume: bool) -> Columns:
    """Return the columns that are read, as text, the time first; raises PriceFileError.

    Parameters
    ----------
    file : where it lies, for messages.
    data : its contents.
    limits : most of everything that is read.
    volume : whether a column of volumes is read.
    """
    if not data.strip():
        raise refusal(file, "empty: a heading and at least two rows are needed")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    require(file, data.count(b"\n") - LEADING, limits.rows, "lines")
    layout = _layout(file, data, limits)
    places = chosen(file, layout.names, volume)
    clock = clock_beside(layout.names)
    rows = _IDLE.sub(_blank, data[layout.start :]) if _IDLE.search(data, layout.start) else data[layout.start :]
    table = parsed(file, rows, layout, [*places.values()] + ([] if clock is None else [clock]))
    columns = {name: table[label(column)] for name, column in places.items()}
    return columns if clock is None else _with_clock(columns, table[label(clock)])


def _blank(match: re.Match[bytes]) -> bytes:
    return b"\r" if match.group().endswith(b"\r") else b""


def _with_clock(columns: Columns, clock: pa.ChunkedArray) -> Columns:
    """Return the columns with the time of day added to each date, where it stands in a column of its own."""
    if not len(clock) or not pc.all(pc.match_substring_regex(clock, _CLOCK)).as_py():
        return columns
    joined = pc.binary_join_element_wise(columns["date"], pc.utf8_trim_whitespace(clock), " ")
    return {**columns, "date": joined}


def _layout(file: Path, data: bytes, limits: Limits) -> Layout:
    lines = list(leading(file, data))
    for number, start, line in lines:
        for delimiter in DELIMITERS:
            names = split_line(line, delimiter)
            if is_heading(names):
                require(file, len(names), limits.columns, "columns")
                return Layout(number, start + len(line), delimiter, names)
    told = [entry for entry in lines if entry[2].strip() and not entry[2].lstrip().startswith(b"#")] or lines
    return _klines(file, told)


def _klines(file: Path, lines: Sequence[tuple[int, int, bytes]]) -> Layout:
    """Return the layout of klines without a heading; raises PriceFileError where the first of `lines` is none."""
    _, start, line = lines[0]
    names = next((cells for mark in DELIMITERS if len(cells := split_line(line, mark)) > 1), split_line(line, ","))
    delimiter = next((mark for mark in DELIMITERS if len(split_line(line, mark)) == len(KLINE)), None)
    if delimiter is None or not re.fullmatch(r"\d+(\.\d+)?", split_line(line, delimiter)[0]):
        fuller = next((cells for _, _, other in lines[1:] if len(cells := split_line(other, ",")) >= 5), ())
        line_is_none = f" (line 1 is no heading; the next full line has {', '.join(fuller)[:100]})"
        raise refusal(file, wrong_columns(names) + line_is_none * (len(names) == 1 and bool(fuller)))
    return Layout(-1, start, delimiter, KLINE)


def leading(file: Path, data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, first byte and bytes, end of line included, of the leading lines."""
    start = 0
    for number in range(LEADING):
        end = data.find(b"\n", start, start + LONGEST_LINE) + 1
        if not end and len(data) - start > LONGEST_LINE:
            raise refusal(
                file, f"line {number + 1}: more than {LONGEST_LINE:,} characters: no line of prices is so long"
            )
        end = end or len(data)
        if end > start:
            yield number, start, data[start:end]
        start = end


def split_line(line: bytes, delimiter: str) -> tuple[str, ...]:
    """Return the cells of one line as names."""
    try:
        [cells] = csv.reader([line.decode("utf-8", "replace").strip("\r\n")], delimiter=delimiter)
    except (ValueError, csv.Error):
        return ()
    return tuple(plain(cell) for cell in cells)


def label(place: int) -> str:
    """Return what a column is called while it is read."""
    return f"column {place}"


def parsed(file: Path, rows: bytes, layout: Layout, places: Sequence[int]) -> pa.Table:
    """Return the columns at `places` of the `rows` below a heading, all as text, called by :func:`label`.

    Parameters
    ----------
    file : where they lie, for messages.
    rows : bytes of text.
    layout : how lines are parted.
    places : of the columns, from 0.

    Raises
    ------
    PriceFileError : for lines with another number of columns, and what is no table.
    """
    broken: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    labels = [label(column) for column in range(len(layout.names))]
    used = sorted({label(column) for column in places})
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(rows),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=labels, block_size=2 * LONGEST_LINE),
            pyarrow.csv.ParseOptions(delimiter=layout.delimiter, invalid_row_handler=note),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(used, pa.string()), strings_can_be_null=False, include_columns=used
            ),
        )
    except pa.ArrowInvalid as error:
        table = _unparsed(file, rows, error, used)
    if broken:
        raise PriceFileError([f"{file}: {_broken(rows, layout, broken[0])}{further(len(broken))}"])
    return table


def _unparsed(file: Path, rows: bytes, error: pa.ArrowInvalid, labels: Sequence[str]) -> pa.Table:
    """Return no rows where there are none; raises PriceFileError with the cause otherwise."""
    if not rows.strip():
        return pa.table({label: pa.array([], pa.string()) for label in labels})
    told = str(error).splitlines()[0]
    if "straddling" in told:
        told = f"a line of more than {LONGEST_LINE:,} characters, or a quotation mark that is never closed"
    raise refusal(file, f"unreadable: {told}") from None


def _broken(rows: bytes, layout: Layout, row: pyarrow.csv.InvalidRow) -> str:
    """Return what is said of a row that has another number of columns; its line is counted in the file."""
    lines = (number for number, line in enumerate(rows.splitlines()) if line)
    line = next((number for at, number in enumerate(lines) if at + 1 == row.number), row.number - 1)
    commas = layout.delimiter == "," and row.actual_columns > row.expected_columns
    hint = "; decimal or thousands commas must stand in quotes, or columns be parted by semicolons" * commas
    return f"line {line + layout.line + 2}: {row.actual_columns} columns: {row.expected_columns} are needed{hint}"
