"""Prices as written, with a point or a comma for the decimals, and with thousands apart or not.

One file writes all its numbers alike. ``1,234`` may be 1.234 or 1234, so how commas and points are meant is settled by
all prices of the file together: by those that can be read one way only. Where there are none, or where they disagree,
the file is refused.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_APART = "[ '’\u00a0\u202f]"
_POWER = "([eE][+-]?[0-9]+)?"


class Style(NamedTuple):
    """One way to write numbers."""

    name: str
    point: str
    thousands: str

    @property
    def pattern(self) -> str:
        """What a number written in this style looks like."""
        point, thousands = f"[{self.point}]", f"[{self.thousands}]"
        grouped = "|".join(f"[1-9][0-9]{{0,2}}({mark}[0-9]{{3}})+" for mark in (thousands, _APART))
        return f"^[+-]?((([0-9]+)|{grouped})({point}[0-9]*)?|{point}[0-9]+){_POWER}$"

    def floats(self, text: pa.ChunkedArray) -> Floats:
        """Return the numbers in `text`; what is none is NaN."""
        bare = pc.replace_substring_regex(text, f"{_APART}|[{self.thousands}]", "")
        bare = pc.replace_substring(bare, self.point, ".")
        return floats(pc.if_else(pc.match_substring_regex(text, self.pattern), bare, pa.scalar(None, pa.string())))


POINT, COMMA = Style("decimal points", ".", ","), Style("decimal commas", ",", ".")


class NumberError(ValueError):
    """Numbers that can be read in two ways."""


def prices(columns: dict[str, pa.ChunkedArray]) -> dict[str, Floats]:
    """Return the columns as floats, what is no number as NaN; raises NumberError where that is ambiguous."""
    texts = {name: trimmed(column) for name, column in columns.items() if is_text(column.type)}
    try:
        found = {name: floats(texts.get(name, column)) for name, column in columns.items()}
    except pa.ArrowInvalid:
        style = _style(list(texts.values()))
        found = {name: style.floats(texts[name]) if name in texts else floats(columns[name]) for name in columns}
    return found


def volumes(column: pa.ChunkedArray) -> Floats:
    """Return a column nobody depends on as floats, what cannot be read as NaN."""
    try:
        return prices({"volume": column})["volume"]
    except (NumberError, pa.ArrowException):
        return np.full(len(column), np.nan)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column holds text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text without blanks around it."""
    return pc.utf8_trim_whitespace(column.cast(pa.string()))


def floats(column: pa.ChunkedArray) -> Floats:
    """Return numbers as floats, nothing as NaN; raises ArrowInvalid where there is no number."""
    return np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _style(texts: list[pa.ChunkedArray]) -> Style:
    points, commas, doubtful = False, False, None
    for text in texts:
        point, comma = (pc.match_substring_regex(text, style.pattern) for style in (POINT, COMMA))
        points |= bool(pc.any(pc.and_not(point, comma)).as_py())
        commas |= bool(pc.any(pc.and_not(comma, point)).as_py())
        both = text.filter(pc.and_(pc.and_(point, comma), pc.match_substring(text, ",")))
        doubtful = doubtful or (both[0].as_py() if len(both) else None)
    if points and commas:
        raise NumberError("decimal points and decimal commas in one file: one of them is needed")
    if doubtful and not points and not commas:
        raise NumberError(f"{doubtful}: with decimals or with thousands: write a decimal point and no other mark")
    return COMMA if commas else POINT
