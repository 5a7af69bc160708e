"""Times written as text, to milliseconds since 1970, UTC.

Read are ISO 8601 and what other programs make of it: with a blank for the T, to the nanosecond, with or without ``Z``,
``UTC``, ``+00``, ``+0000`` or another offset, with slashes or points between year, month and day, with AM and PM, and
with a month by its name. A time without a zone is UTC. Days and months that come before the year are told apart by
numbers above 12 in the same column; where there are none, ``01/02/2024`` may be either, and is refused.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST = 64  # characters
_WEEKDAY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_NAMED_DAY = re.compile(r"^(\d{1,2})(?:[ -]|\. )([a-z]{3,9})\.?,?[ -](\d{4})\b", re.IGNORECASE)
_NAMED_MONTH = re.compile(r"^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})\b", re.IGNORECASE)
_COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)(?=[T ]\d)", re.IGNORECASE)
_TIGHT = re.compile(r"^(\S+[T ])(\d\d)(\d\d)(\d\d)?(?!\d|:)", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?:(?P<year>\d{4})(?P<a>[-/.])(?P<month>\d{1,2})(?P=a)(?P<day>\d{1,2})"
    r"|(?P<one>\d{1,2})(?P<b>[-/.])(?P<two>\d{1,2})(?P=b)(?P<last>\d{4}))"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:](?P<rest>\d{1,9}))?)?)?"
    r"(?:[\s-]?(?P<half>[ap])\.?m\.?)?"
    r"\s*(?P<zone>z|[+]00:?00 (?:utc|gmt)|(?:utc|gmt)?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)|utc|gmt)?)?",
    re.IGNORECASE | re.ASCII,
)
NEEDED = "a date such as 2024-02-01 00:00, or seconds to nanoseconds since 1970, is needed"
EITHER = "day or month first? Write 2024-02-01: the year first is needed"
NO_ZONE = "without a zone, next to times that have one: all or none are needed"
NAMED_ZONE = "the zone as an offset such as +01:00 is needed, or UTC"
TWO_DIGITS = "a year of four digits is needed"


class Fault(NamedTuple):
    """Rows that are wrong in one way, (B,), and what is needed there."""

    rows: Rows
    needed: str


def moments(text: pa.ChunkedArray) -> tuple[Floats, tuple[Fault, ...]]:
    """Return the times in text without blanks around it, (B,), and what is wrong with those that are NaN."""
    for zone in (None, "UTC"):
        try:
            read = pc.cast(text, pa.timestamp("ns", tz=zone)).cast(pa.timestamp("ms", tz=zone), safe=False)
        except pa.ArrowException:
            continue
        return np.array(pc.cast(read.cast(pa.int64()), pa.float64(), safe=False).to_numpy()), ()
    return _one_by_one([value or "" for value in text.to_pylist()])


def _one_by_one(texts: list[str]) -> tuple[Floats, tuple[Fault, ...]]:
    matches = [_match(text) for text in texts]
    day_first, doubtful = _order([match for match in matches if match and match["one"]])
    found = np.array([np.nan if match is None else _moment(match, day_first) for match in matches])
    zoned = np.array([bool(match and match["zone"]) for match in matches])
    either = np.array([bool(match and match["one"]) for match in matches]) & doubtful
    bare = np.isfinite(found) & ~zoned & zoned.any()
    found[either | bare] = np.nan
    return found, tuple(fault for fault in _faults(texts, np.isnan(found), either, bare) if fault.rows.any())


def _faults(texts: list[str], bad: Rows, either: Rows, bare: Rows) -> list[Fault]:
    other = bad & ~either & ~bare
    rows = np.flatnonzero(other)
    needed = _needed(texts[rows[0]]) if len(rows) else NEEDED
    return [Fault(either, EITHER), Fault(bare, NO_ZONE), Fault(other, needed)]


def _needed(text: str) -> str:
    if re.search(r"\d\s*[a-z]{3,}(/\w+)?$", text, re.IGNORECASE) and re.match(r"\d{4}-", text):
        return f"{NEEDED}; {NAMED_ZONE}"
    short = re.match(r"\d{1,2}([-/.])\d{1,2}\1\d{2}\b", text)
    return f"{NEEDED}; {TWO_DIGITS}" if short else NEEDED


def _match(text: str) -> re.Match[str] | None:
    return _WRITTEN.fullmatch(_year_first(text)) if len(text) <= _LONGEST else None


def _year_first(text: str) -> str:
    """Return text whose month has a name, or whose digits stand without marks, in the form of ISO 8601."""
    text = _WEEKDAY.sub("", text)
    text = _NAMED_DAY.sub(lambda m: _numbered(m[0], m[3], m[2], m[1]), text)
    text = _NAMED_MONTH.sub(lambda m: _numbered(m[0], m[3], m[1], m[2]), text)
    text = _COMPACT.sub(r"\1-\2-\3", text)
    return _TIGHT.sub(lambda m: f"{m[1]}{m[2]}:{m[3]}" + (f":{m[4]}" if m[4] else ""), text)


def _numbered(whole: str, year: str, name: str, day: str) -> str:
    month = name[:3].lower()
    return f"{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d}" if month in _MONTHS else whole


def _order(matches: list[re.Match[str]]) -> tuple[bool, bool]:
    """Return whether days come before months, and whether that is open."""
    first = max((int(match["one"]) for match in matches), default=0)
    second = max((int(match["two"]) for match in matches), default=0)
    alike = all(match["one"] == match["two"] for match in matches)
    return first > 12 or second <= 12, not alike and (first > 12) == (second > 12)


def _moment(match: re.Match[str], day_first: bool) -> float:
    """Return one time in milliseconds; NaN where there is no such day or hour."""
    day, month = (match["one"], match["two"]) if day_first else (match["two"], match["one"])
    if match["year"]:
        day, month = match["day"], match["month"]
    try:
        hour = _hour(int(match["hour"] or 0), (match["half"] or "").lower())
        rest = int((match["rest"] or "")[:6].ljust(6, "0"))
        clock = (hour, int(match["minute"] or 0), int(match["second"] or 0), rest)
        zone = _zone(match["offset"] or "")
        moment = datetime(int(match["year"] or match["last"]), int(month), int(day), *clock, tzinfo=zone)
    except ValueError:
        return np.nan
    return float((moment - _EPOCH) // timedelta(milliseconds=1))


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + 12 * (half == "p")


def _zone(offset: str) -> timezone:
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes))
    return timezone(-shift if offset.startswith("-") else shift)
