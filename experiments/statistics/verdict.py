"""The verdict on a simulated number against a recorded one: hit, miss, or too vague to tell.

A record r and our value o have 95 % intervals from r₋ to r₊ and from o₋ to o₊; one without error has no width. Two
questions are asked. Does the record contradict ours? The interval of the difference, from

    o − r − √((o − o₋)² + (r₊ − r)²)   to   o − r + √((o₊ − o)² + (r − r₋)²),                     (1)

holds zero if it does not (Zou and Donner 2008, Statistics in Medicine 27:1693, for intervals that are not symmetric).
And would it contradict other values? The error

    e = √(h_r² + h_o²),   h = (x₊ − x₋) / 2,   of facts compared as ratios h = log(x₊ / x₋) / 2,   (2)

is at most the fact's *tolerance* if it would. The verdict is

- *hit*: zero lies in (1) and e is at most the tolerance, so that all of (1) is within twice the tolerance: the two are
  equivalent, not merely undecided;
- *too vague to tell*: zero lies in (1), but e is above the tolerance: many other values would have been hits;
- *miss*: zero does not lie in (1), or ours has no value.
"""

import math
from typing import NamedTuple

HIT, MISS, VAGUE = "hit", "miss", "too vague to tell"
LEVEL = 0.95


class Value(NamedTuple):
    """A number and its 95 % interval, in the unit of the fact."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Value":
        """Return a number without error."""
        return cls(value, value, value)


class Tolerance(NamedTuple):
    """The largest error of a hit, in the fact's unit or, for a `ratio`, in logs; and the reason for it."""

    width: float
    ratio: bool
    reason: str


RATIO = Tolerance(math.log(2.0) / 2.0, True, "wherever in its interval it lies, a hit is within a factor of two")
SHARE = Tolerance(0.1, False, "a tenth of the range of a share or a correlation")


def contradicts(recorded: Value, ours: Value) -> bool:
    """Return whether zero is outside the interval (1) of the difference."""
    gap = ours.value - recorded.value
    below = math.hypot(ours.value - ours.low, recorded.high - recorded.value)
    above = math.hypot(ours.high - ours.value, recorded.value - recorded.low)
    return not gap - below <= 0.0 <= gap + above


def error(tolerance: Tolerance, *values: Value) -> float:
    """Return e of equation (2) of one value or several; infinite for a ratio whose sign is not known."""
    return math.hypot(*(_half_width(value, tolerance.ratio) for value in values))


def verdict(recorded: Value, ours: Value, tolerance: Tolerance) -> str:
    """Return hit, miss or too vague to tell."""
    if math.isnan(ours.value) or contradicts(recorded, ours):
        return MISS
    return HIT if error(tolerance, recorded, ours) <= tolerance.width else VAGUE


def sharpness(recorded: Value, ours: Value, tolerance: Tolerance) -> str:
    """Return the error and what it may be, as text."""
    width = error(tolerance, recorded, ours)
    return f"{width:.2g} of {tolerance.width:.2g}{' in logs' if tolerance.ratio else ''}"


def _half_width(value: Value, ratio: bool) -> float:
    if value.low == value.high:
        return 0.0
    if not ratio:
        return (value.high - value.low) / 2.0
    return abs(math.log(value.high / value.low)) / 2.0 if value.low * value.high > 0.0 else math.inf
