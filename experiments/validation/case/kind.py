"""What an input of a case may be: a function for each kind, which returns it or says in a line what is needed."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from model.scenario.problem import suggestion

type Value = Any  # what JSON can hold
type Kind = Callable[[Value], Value]


def is_number(value: Value) -> bool:
    """Tell whether `value` is a finite number, and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Value) -> float:
    """Return a number."""
    if not is_number(value):
        raise ValueError("a number is needed")
    return float(value)


def above_zero(value: Value) -> float:
    """Return a number above zero."""
    if not (is_number(value) and value > 0):
        raise ValueError("a number above 0 is needed")
    return float(value)


def from_zero(value: Value) -> float:
    """Return a number of zero or more."""
    if not (is_number(value) and value >= 0):
        raise ValueError("a number of 0 or more is needed")
    return float(value)


def count(most: int) -> Kind:
    """Return the kind of a whole number from one to `most`."""

    def whole(value: Value) -> int:
        if not (is_number(value) and 1 <= value <= most and value == int(value)):
            raise ValueError(f"a whole number from 1 to {most:,} is needed")
        return int(value)

    return whole


def within_unit(value: Value) -> float:
    """Return a number in [0, 1]."""
    if not (is_number(value) and 0 <= value <= 1):
        raise ValueError("a number from 0 to 1 is needed")
    return float(value)


def numbers(value: Value) -> list[float]:
    """Return a list of one number or more."""
    if not (isinstance(value, list) and value and all(map(is_number, value))):
        raise ValueError("a list of numbers is needed")
    return [float(item) for item in value]


def amounts(value: Value) -> list[float]:
    """Return a list of one number or more, none below zero."""
    if min(found := numbers(value)) < 0.0:
        raise ValueError("a list of numbers of 0 or more is needed")
    return found


def rows(width: int | None = None) -> Kind:
    """Return the kind of a list of lists of numbers, all of one length: that of the list, or `width`."""

    def table(value: Value) -> list[list[float]]:
        found = [numbers(row) for row in value] if isinstance(value, list) else []
        if not found or {len(row) for row in found} != {width or len(found)}:
            raise ValueError(f"lists of {width} numbers are needed" if width else "as many rows as columns are needed")
        return found

    return table


def one_of(*names: str) -> Kind:
    """Return the kind of a word of a few."""

    def word(value: Value) -> str:
        if value not in names:
            near = suggestion(value, names) if isinstance(value, str) else ""
            raise ValueError(f"allowed: {', '.join(names)}{near}")
        return str(value)

    return word


def text(value: Value) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise ValueError("a text is needed")
    return value


def named(fields: Mapping[str, Kind]) -> Kind:
    """Return the kind of objects by name, each with all of the `fields`."""

    def book(value: Value) -> dict[str, dict[str, Value]]:
        whole = isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values())
        if not whole or any(fields.keys() - item.keys() for item in value.values()):
            raise ValueError(f"objects by name, each with {', '.join(fields)}, are needed")
        return {name: {key: kind(item[key]) for key, kind in fields.items()} for name, item in value.items()}

    return book


def records(fields: Mapping[str, Kind]) -> Kind:
    """Return the kind of a list of objects, each with all of the `fields`."""

    def listed(value: Value) -> list[dict[str, Value]]:
        whole = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
        if not whole or any(fields.keys() - item.keys() for item in value):
            raise ValueError(f"a list of objects with {', '.join(fields)} is needed")
        return [{name: kind(item[name]) for name, kind in fields.items()} for item in value]

    return listed
