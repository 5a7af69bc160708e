"""Times as they are written, to milliseconds since 1970, UTC; times that no crypto price can have are refused.

Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, each by its own size, as the spans of the
four from 2009 to 2100 do not meet; or dates as YYYYMMDD, with or without hours, minutes and seconds behind. Nothing
else is a time: neither the number of a bar nor a year nor the day of a spreadsheet. Text is read
by :mod:`model.price.reader.moment`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.price.reader.moment import Fault, moments
from model.price.reader.number import POINT, is_text, trimmed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FIRST = 1_230_768_000_000  # 2009-01-01: no crypto asset had a price before
END = 4_102_444_800_000  # 2100-01-01
NEEDED = "a date such as 2024-02-01 00:00, or seconds to nanoseconds since 1970, is needed"
PLAUSIBLE = "a time from 2009 to 2100 is needed"
_UNITS = (1e-3, 1.0, 1e3, 1e6)  # in a millisecond: seconds, milliseconds, microseconds, nanoseconds
_MONTH = np.timedelta64(1, "M")
_DIGITS = {8: 1, 12: 10_000, 14: 1_000_000, 17: 1_000_000_000}  # of a date, with what stands for the time of day


class Times(NamedTuple):
    """A column of times: milliseconds since 1970, (B,), NaN where there is none, and why."""

    milliseconds: Floats
    faults: tuple[Fault, ...] = ()


def times(column: pa.ChunkedArray) -> Times:
    """Return the times in a column of numbers, dates, moments or text."""
    if pa.types.is_temporal(column.type):
        return _plausible(_milliseconds(column), ())
    if not is_text(column.type):
        return _numbers(column)
    text = trimmed(column)
    numeric = pc.match_substring_regex(text, POINT.pattern)
    share = pc.mean(numeric.cast(pa.int8())).as_py() or 0.0
    if share > 0.5 or _all_digits(text):
        return _numbers(pc.if_else(numeric, text, pa.scalar(None, pa.string())))
    return _plausible(*moments(text))


def _all_digits(text: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.match_substring_regex(text, "^[0-9.]*$")).as_py())


def _milliseconds(column: pa.ChunkedArray) -> Floats:
    zone = getattr(column.type, "tz", None)
    return _floats(column.cast(pa.timestamp("ms", tz=zone), safe=False).cast(pa.int64()))


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _plausible(found: Floats, faults: tuple[Fault, ...]) -> Times:
    """Return the times with those before 2009 or after 2099 among the faults."""
    outside = np.isfinite(found) & ((found < FIRST) | (found >= END))
    told = np.isnan(found) if not faults else np.zeros(len(found), bool)
    more = (Fault(told, NEEDED), Fault(outside, PLAUSIBLE))
    return Times(found, (*faults, *(fault for fault in more if fault.rows.any())))


def _numbers(column: pa.ChunkedArray) -> Times:
    """Return the times that a column of numbers stands for."""
    values = _floats(column)
    found = _dates(values)
    if np.isnan(found).any():
        found = _since_1970(values, _whole(column, values))
    bad = np.isnan(found)
    needed = f"{NEEDED}, from 2009 to 2100{_likeness(values[bad & np.isfinite(values)])}"
    faults = [Fault(bad, needed)] if bad.any() else []
    hours = _hours(values)
    if not faults and hours.all():
        faults = [Fault(hours, "seconds since 1970 or YYYYMMDDhh: write dates as 2024-02-01 00:00")]
    return Times(found, tuple(faults))


def _whole(column: pa.ChunkedArray, values: Floats) -> Integers:
    """Return the numbers as integers, exactly where they are written as such."""
    try:
        return np.array(pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy(), dtype=np.int64)
    except pa.ArrowInvalid:
        return np.floor(np.where(np.abs(values) < 2.0**62, values, 0.0)).astype(np.int64)


def _since_1970(values: Floats, whole: Integers) -> Floats:
    found = np.full(len(values), np.nan)
    for unit in _UNITS:
        rows = (values >= FIRST * unit) & (values < END * unit)
        # Finer units are cut to the millisecond in whole numbers: floats of nanoseconds have not the digits for it.
        found[rows] = np.rint(values[rows] * 1e3) if unit < 1.0 else whole[rows] // int(unit)
    return found


def _dates(values: Floats) -> Floats:
    """Return the times of numbers that are all dates of one kind, such as YYYYMMDD; else NaN for all."""
    nothing = np.full(len(values), np.nan)
    if not len(values) or not np.isfinite(values).all() or (values < 1e7).any() or (values >= 1e17).any():
        return nothing
    whole = values.astype(np.int64)
    digits = len(str(whole[0]))
    if digits not in _DIGITS or len(str(whole.min())) != digits or len(str(whole.max())) != digits:
        return nothing
    day, clock = np.divmod(whole, _DIGITS[digits])
    return _days(day) + _clock(clock * (10**9 // _DIGITS[digits]))


def _days(day: Integers) -> Floats:
    """Return milliseconds since 1970 of days written YYYYMMDD, NaN of what is no day from 2009 to 2099."""
    year, month, rest = day // 10_000, day // 100 % 100, day % 100
    known = (year >= 2009) & (year < 2100) & (month >= 1) & (month <= 12) & (rest >= 1)
    first = (np.where(known, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    length = ((first + _MONTH).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    found = (first.astype("datetime64[D]").astype(np.int64) + rest - 1) * 86_400_000.0
    return np.where(known & (rest <= length), found, np.nan)


def _clock(clock: Integers) -> Floats:
    """Return milliseconds since midnight of times written hhmmssfff, NaN of what is none."""
    hour, minute, rest = clock // 10_000_000, clock // 100_000 % 100, clock % 100_000
    known = (hour < 24) & (minute < 60) & (rest < 60_000)
    return np.where(known, hour * 3_600_000.0 + minute * 60_000.0 + rest, np.nan)


def _hours(values: Floats) -> NDArray[np.bool_]:
    """Return which numbers can be YYYYMMDDhh."""
    inside = (values >= 2_009_010_100) & (values < 2_100_000_000)
    whole = np.where(inside, values, 0.0).astype(np.int64)
    return inside & (whole % 100 < 24) & np.isfinite(_days(whole // 100))


_LIKE: tuple[tuple[str, Callable[[Floats], bool]], ...] = (
    ("years", lambda v: bool(((v >= 1900) & (v <= 2100)).all())),
    ("months as YYYYMM", lambda v: bool(((v >= 190_001) & (v <= 210_012) & (v % 100 >= 1) & (v % 100 <= 12)).all())),
    ("a count of bars", lambda v: bool(len(v) > 1 and v[0] < 1e4 and (np.diff(v) == 1.0).all())),
    ("a spreadsheet's days (45323 is 2024-02-01)", lambda v: bool(((v >= 30_000) & (v < 75_000)).all())),
    ("days since 1970", lambda v: bool(((v >= 14_000) & (v < 30_000)).all())),
    ("a time before 1970", lambda v: bool((v < 0.0).all())),
    ("seconds since 1970 before 2009", lambda v: bool(((v >= 1e8) & (v < FIRST / 1e3)).all())),
    ("milliseconds since 1970 before 2009", lambda v: bool(((v >= 1e11) & (v < FIRST)).all())),
    ("a Windows file time", lambda v: bool(((v >= 1.2e17) & (v < 1.7e17)).all())),
    ("minutes or hours since 1970", lambda v: bool(((v >= 340_000) & (v < 7e7)).all())),
)


def _likeness(values: Floats) -> str:
    """Return what numbers that are no time look like, for the message; empty where nothing is known."""
    like = next((name for name, fits in _LIKE if fits(values)), "") if len(values) else ""
    return f"; this looks like {like}" if like else ""
