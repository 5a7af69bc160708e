"""CSV that a spreadsheet opens without running it: text that it would take for a formula is written as text.

A cell that comes from text and begins with ``= + - @``, a tab or a line end is put behind an apostrophe, as OWASP
advises against CSV injection. Numbers stay numbers, also those that are kept as text, such as ``-0.5``.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model.scenario.parameter import Value

RISKY = r"^[=+\-@\t\r\n]"
PLAIN_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$|^[+-]?(inf|nan)$"


def guarded(value: Value) -> Value:
    """Return `value` as it may stand in a cell."""
    if isinstance(value, str) and re.search(RISKY, value) and not re.search(PLAIN_NUMBER, value):
        return f"'{value}"
    return value


def sheet(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV under a heading, numbers to the last digit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([guarded(name) for name in names])
    writer.writerows([guarded(row.get(name, "")) for name in names] for row in rows)
    return text.getvalue()
