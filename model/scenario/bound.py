"""Bounds of parameters and their reasons: beyond them the model is meaningless or its arithmetic fails.

Every number of a scenario has a least and a greatest value with a reason, declared with it
(:mod:`model.scenario.parameter`); those of one kind share a bound of this file. A value in another unit is the
commonest mistake, so a refusal says which unit would make sense of it: ``3`` for a share is 300 %, and 3 % is ``0.03``.
"""

import math
from typing import NamedTuple

YEAR = 525_600.0  # minutes
EXACT = 10**15  # whole numbers below it are exact in a column of floats


class Bound(NamedTuple):
    """The range of a number: each end allowed unless said otherwise."""

    low: float
    high: float
    reason: str
    above: bool = False  # the lower end itself is not allowed
    below: bool = False  # nor the upper
    or_infinite: bool = False  # infinity is allowed next to the range, as a limit

    def holds(self, value: float) -> bool:
        """Tell whether `value` is allowed; not a number never is."""
        if self.low < value < self.high:
            return True
        at_end = (value == self.low and not self.above) or (value == self.high and not self.below)
        return at_end or (self.or_infinite and value == math.inf)

    def allowed(self) -> str:
        """Return the range in words."""
        least = f"more than {number(self.low)}" if self.above else f"{number(self.low)}"
        most = f"less than {number(self.high)}" if self.below else f"{number(self.high)}"
        joint = "and" if self.above and self.below else "to" if not (self.above or self.below) else "and up to"
        if self.below and not self.above:
            joint = "or more, and"
        return f"{least} {joint} {most}{', or inf' if self.or_infinite else ''}"


def number(value: float) -> str:
    """Return a number short and in full, with commas where it is long."""
    if isinstance(value, int) and abs(value) > 1e300:
        return f"about {'-' if value < 0 else ''}1e{math.floor(math.log10(abs(value)))}"
    if not abs(value) < 1e7:
        return f"{value:g}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def between(low: float, high: float, reason: str) -> Bound:
    """Return the range from `low` to `high`, both allowed."""
    return Bound(low, high, reason)


def above(low: float, high: float, reason: str) -> Bound:
    """Return the range from `low`, itself not allowed, to `high`."""
    return Bound(low, high, reason, above=True)


def below(low: float, high: float, reason: str) -> Bound:
    """Return the range from `low` to `high`, itself not allowed."""
    return Bound(low, high, reason, below=True)


def inside(low: float, high: float, reason: str) -> Bound:
    """Return the range between `low` and `high`, neither allowed."""
    return Bound(low, high, reason, above=True, below=True)


SHARE = between(0, 1, "a part of a whole")
SOME = above(0, 1, "a part of a whole, and not nothing")
PART = below(0, 1, "a part, never the whole")
PROBABILITY = between(0, 1, "a probability")
RATE = between(0, 1, "a part or a probability, each minute")
ARRIVALS = between(0, 1e4, "0: none; 10,000 a day are seven a minute")
DELAY = between(0, 10 * YEAR, "0: at once; ten years are longer than any run")
SPAN = between(0.01, 10 * YEAR, "from 0.6 s, shorter than any step, to ten years, longer than any run")
STRENGTH = between(0, 1e3, "0 switches it off; beyond 1,000 nothing more changes")
MULTIPLE = between(0, 1e3, "0: none; 1,000 times the base is more than any arrangement holds")
SPREAD = between(0, 3, "0: all alike; 3 is a factor of 20 either way in a third of cases")
DOLLARS = between(1, EXACT, "from a dollar to ten times the world's yearly output")
SUM = between(0, EXACT, "0: none; 1e15 is ten times the world's yearly output")
COUNT = between(0, EXACT, "whole numbers are exact up to here; what the machine can hold is estimated")
WEIGHT = between(0, 100, "0: none; only the proportions of the strategies count")
YEARLY = between(0, 10, "0: none; 10 is 1,000 % a year")
VOLATILITY = between(1e-6, 0.5, "below is no risk; 0.5 a day is 950 % a year, above any listed asset's")
MEMBER = between(0, 9_999, "an index from 0; there are at most 10,000")
LISTINGS = between(1, 1_000, "at least one; no venue lists more than a few hundred contracts")
VENUES = between(2, 10_000, "another one at least; more than there are count as all")
MEMBERS = between(1, 10_000, "at least one; the networks of more are beyond a machine's memory")
