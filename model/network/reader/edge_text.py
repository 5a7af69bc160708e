"""Lines of text as rows of an edge list: one separator a line, quotes, and a heading that says which column is which.

Columns are separated by semicolons, commas, or blanks and tabulators, whichever a line has first in that order; what
follows ``#`` is skipped. A heading is read if all its names are known, and puts the columns in order; without one they
are debtor, creditor, amount. A comma inside an amount separates thousands for some and decimals for others, and is
refused.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from model.network.reader.source import LARGEST, GraphError, require_moderate
from model.scenario.plain_text import content, decoded

ALLOWED = "allowed: lines `debtor creditor [amount]`"
MEANING = {
    "debtor": "debtor source from owner",
    "creditor": "creditor target to owned",
    "amount": "amount weight value usd part",
    "": "id type timeset interval label",  # as Gephi writes; type and label are checked
}
COLUMNS = {word: column for column, words in MEANING.items() for word in words.split()}
SPACED = re.compile(r"[^\s,]+\s+[^\s,]+\s+\S*\d,\d\S*")  # blanks separate, and the amount has a comma
OTHERS = (("<", "XML", ".graphml or .gexf"), ("{", "JSON", ""), ("graph", "GML", ".gml"), ("*", "Pajek", ".net"))


def line_rows(path: str | Path, names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the place and the columns of every edge, in the order debtor, creditor, amount.

    Raises
    ------
    GraphError
        If it is no text in UTF-8, too large, another format, or its heading is not known.
    OSError
        If the file cannot be read.
    """
    text = decoded(content(path, LARGEST))
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line]
    require_moderate(0, len(lines))
    if lines:
        _refuse_other(lines[0][1])
    rows = [(number, _columns(number, line)) for number, line in lines]
    order = _order(*rows[0], names) if rows else None
    if order is None:
        return [(f"line {number}", row) for number, row in rows]
    return [(f"line {number}", _ordered(number, row, order)) for number, row in rows[1:]]


def _refuse_other(line: str) -> None:
    """Raise GraphError for the first line of another format."""
    for opening, kind, suffix in OTHERS:
        if line.casefold().startswith(opening) and (opening != "graph" or "[" in line or line.casefold() == opening):
            named = f", or {kind} in a file named {suffix}" if suffix else ""
            raise GraphError(f"looks like {kind}; {ALLOWED}{named}")


def _columns(number: int, line: str) -> list[str]:
    mark = ";" if ";" in line else "," if "," in line and not SPACED.fullmatch(line) else " "
    plain = line if mark != " " else " ".join(line.split())
    try:
        [row] = csv.reader([plain], delimiter=mark, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise GraphError(f"line {number}: {line[:60]!r}: {error}; {ALLOWED}") from None
    columns = [column.strip() for column in row]
    return columns[:-1] if len(columns) > 2 and not columns[-1] else columns


def _order(number: int, row: list[str], names: Sequence[str]) -> list[str] | None:
    """Return which column is which, from a heading; None where there is none."""
    if any(column in names or _is_number(column) for column in row) or len(row) < 2:
        return None
    order = [COLUMNS.get(column.casefold(), column) for column in row]
    if "debtor" not in order and "creditor" not in order and len(row) < 3:
        return None  # two protocols that are not known
    unknown = [column for column in order if column not in MEANING]
    if not unknown and order.count("debtor") == order.count("creditor") == 1 and order.count("amount") <= 1:
        return [column or word.casefold() for column, word in zip(order, row, strict=True)]
    words = ", ".join(f"{column} ({', '.join(words.split()[1:])})" for column, words in MEANING.items() if column)
    raise GraphError(f"line {number}: {','.join(row)[:80]!r}: an unknown heading; allowed: one each of {words}")


def _ordered(number: int, row: list[str], order: list[str]) -> list[str]:
    """Return debtor, creditor and, if given, amount of a row below a heading."""
    filled = [*row, *[""] * (len(order) - len(row))]
    if len(filled) > len(order) or len(row) < 2:
        raise GraphError(f"line {number}: {len(row)} columns; allowed: {len(order)}, as in the heading")
    cells = dict(zip(order, filled, strict=True))
    if cells.get("type", "directed").casefold() not in ("", "directed"):
        raise GraphError(f"line {number}: type {cells['type']!r}, so nobody knows who owes; allowed: Directed")
    amount = cells.get("amount")
    if not amount and any(map(str.isdigit, cells.get("label", ""))):
        raise GraphError(
            f"line {number}: label {cells['label']!r} and no amount; allowed: the amount in its own column"
        )
    return [cells["debtor"], cells["creditor"], *([amount] if amount else [])]


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d[\d.,_eE+-]*", text))
