"""Which unit a value outside its bounds was probably meant in: percent for a share, a year's volatility for a day's.

A guess is made by unit, never by field: the value is read in each of the units that are written in place of the
field's own, and suggested where the result is allowed and near the default. Nothing is converted: the user decides.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from model.scenario.bound import Bound, number

ROOT_YEAR = math.sqrt(365.0)
NEAR = 10.0  # a guess lies within this factor of a default


class Scale(NamedTuple):
    """Another unit: how many of it make one of the field's own."""

    ratio: float
    name: str
    percent: bool = False  # the value as it stands would be told in percent


PERCENT, BASIS_POINT = Scale(100.0, " %", percent=True), Scale(1e4, " bp")
SCALES: dict[str, tuple[Scale, ...]] = {
    "1": (PERCENT, BASIS_POINT),
    "log": (PERCENT, BASIS_POINT),
    "daily sd": (PERCENT,),
    "1 per step": (PERCENT, BASIS_POINT),
    "1/year": (Scale(100.0, " % a year"), Scale(1e4, " bp a year")),
    "1/day": (Scale(100.0, " % a day"), Scale(365.0, " a year")),
    "1/min": (Scale(100.0, " % a minute"), Scale(60.0, " an hour"), Scale(1440.0, " a day")),
    "1 per 8 h": (Scale(100.0, " % per 8 h"), Scale(1e4, " bp per 8 h"), Scale(109_500.0, " % a year")),
    "log/sqrt(day)": (Scale(100.0, " % a day"), Scale(ROOT_YEAR, " a year"), Scale(100.0 * ROOT_YEAR, " % a year")),
    "min": (Scale(60.0, " s"), Scale(60_000.0, " ms")),
    "h": (Scale(60.0, " min"), Scale(3_600.0, " s")),
    "year": (Scale(365.0, " days"), Scale(525_600.0, " min")),
    "USD": (Scale(1e-6, " million USD"), Scale(1e-9, " billion USD"), Scale(100.0, " cents")),
}


def guess(value: float, unit: str, bound: Bound, usual: Sequence[float]) -> str:
    """Return what `value` may have meant, in words, or nothing.

    Parameters
    ----------
    value : a number outside `bound`.
    unit : the unit of the field.
    bound : what is allowed.
    usual : the defaults of the field; where all are zero any allowed value counts as near.
    """
    if not 0.0 < abs(value) < 1e300:
        return ""
    read = [(_distance(value / scale.ratio, usual), scale) for scale in SCALES.get(unit, ())]
    near = [found for found in read if found[0] <= math.log(NEAR) and bound.holds(value / found[1].ratio)]
    if near:
        return _told(value, unit, min(near, key=lambda found: found[0])[1])
    inverse = bound.low >= 1.0 and bound.holds(1.0 / value) and _distance(1.0 / value, usual) <= math.log(NEAR)
    return f"{number(1.0 / value)} is 1 / {number(value)}" if inverse else ""


def _distance(value: float, usual: Sequence[float]) -> float:
    """Return the log distance of `value` to the nearest default of its sign."""
    defaults = [default for default in usual if default]
    if not defaults:
        return 0.0
    return min((abs(math.log(value / default)) for default in defaults if value / default > 0.0), default=math.inf)


def _told(value: float, unit: str, scale: Scale) -> str:
    told = f"{number(float(f'{value / scale.ratio:.3g}'))}{_own(unit)} is {number(value)}{scale.name}"
    return f"{told}; {number(value)} would be {number(100.0 * value)} %" if scale.percent else told


def _own(unit: str) -> str:
    return {"log/sqrt(day)": " a day", "1/min": " a minute", "1/year": " a year", "1/day": " a day"}.get(
        unit, f" {unit}" if unit in ("min", "h", "USD", "year") else ""
    )
