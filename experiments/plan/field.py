"""A swept field: values to choose from, or a range; either may be addressed by a coordinate u in [0, 1].

A list of n values gives value ``floor(u n)``; a range gives ``low + u (high - low)``, on a logarithmic scale
``low (high / low)^u``, and for a whole number ``low + floor(u (high - low + 1))``, u = 1 belonging to the last. So
every whole number and every value of a list has an equal share of the interval.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from model.scenario.parameter import Value
from model.scenario.problem import suggestion

WORDS = ("low", "high", "scale", "levels")
SCALES = ("linear", "log")
MOST_LEVELS = 1_000_000


class Choice(NamedTuple):
    """A field with a list of values."""

    name: str
    values: tuple[Any, ...]

    def at(self, u: float) -> Value:
        """Return the value at coordinate `u`."""
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]

    def levels(self) -> tuple[Any, ...]:
        """Return every value."""
        return self.values


class Range(NamedTuple):
    """A field with a range; `number` is how many levels a grid takes of it."""

    name: str
    low: float
    high: float
    log: bool
    whole: bool
    number: int

    def at(self, u: float) -> float | int:
        """Return the value at coordinate `u`."""
        if self.whole:
            return min(int(self.low + u * (self.high - self.low + 1)), int(self.high))
        return self._between(u)

    def levels(self) -> tuple[float | int, ...]:
        """Return `number` values from low to high, equally far apart on the field's scale."""
        values = [self._between(index / (self.number - 1)) for index in range(self.number)]
        return tuple(dict.fromkeys(round(value) if self.whole else value for value in values))

    def _between(self, u: float) -> float:
        if u == 1:
            return float(self.high)
        if self.log:
            return float(self.low * (self.high / self.low) ** u)
        return float(self.low + u * (self.high - self.low))


type Field = Choice | Range


def read_field(name: str, value: Value, whole: bool, needs_levels: bool) -> Field:
    """Return the field that a plan describes by `value`.

    Parameters
    ----------
    name : dotted name.
    value : a list of values, or a table with ``low``, ``high`` and, where wanted, ``scale`` and ``levels``.
    whole : whether the field takes whole numbers only.
    needs_levels : whether the design asks for single levels of a range.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    if isinstance(value, Mapping):
        return _read_range(name, value, whole, needs_levels)
    if not isinstance(value, list) or not value:
        raise ValueError(f"{name}: {value!r}: allowed is a list of values or a table with low and high")
    return Choice(name, tuple(value))


def _read_range(name: str, table: Mapping[str, Any], whole: bool, needs_levels: bool) -> Range:
    for word in table.keys() - set(WORDS):
        raise ValueError(f"{name}: {word!r} is unknown{suggestion(word, WORDS)}; allowed: {', '.join(WORDS)}")
    low, high = (_number(name, table, word) for word in ("low", "high"))
    scale, levels = table.get("scale", "linear"), table.get("levels", 0 if needs_levels else 2)
    if not low < high or (scale == "log" and low <= 0):
        raise ValueError(f"{name}: low {low:g} and high {high:g}: allowed is low < high, on a log scale 0 < low")
    if scale not in SCALES:
        raise ValueError(f"{name}: scale {scale!r}: allowed: {', '.join(SCALES)}")
    if type(levels) is int and levels > MOST_LEVELS:
        raise ValueError(f"{name}: levels {levels}: allowed is {MOST_LEVELS} at most")
    if type(levels) is not int or levels < 2:
        raise ValueError(f"{name}: levels of a range in this design: allowed is 2 or more, such as levels = 5")
    return Range(name, low, high, scale == "log", whole, levels)


def _number(name: str, table: Mapping[str, Any], word: str) -> float:
    value = table.get(word)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: {word} {value!r}: allowed is a number")
    return value
