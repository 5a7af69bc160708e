"""Whether ours agrees with what is published: numbers within a tolerance, all else if equal.

A tolerance is in the unit of the number. Files print numbers to twelve digits, so half a unit of the twelfth is allowed
next to it. Where no tolerance is stated, it is half a unit of the last digit printed.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from experiments.validation.case.file import Case
from experiments.validation.case.kind import Value, is_number

AGREE, DIFFER, NOT_RUN = "agree", "differ", "not run"
VERDICTS = (AGREE, DIFFER, NOT_RUN)
DIGITS = 12
HALF = 0.5 * (1.0 + 1e-9)  # a half of the last digit may have been rounded either way


class Row(NamedTuple):
    """An output of a case next to ours.

    Attributes
    ----------
    topic, case, output : where it stands; `output` is empty where none of the case can be told.
    published, ours : values.
    difference, allowed : the largest of their numbers, and what it may be; None where there are no numbers to compare.
    tolerance : stated, None where none is.
    verdict : one of ``VERDICTS``.
    why : why it was not run.
    """

    topic: str
    case: str
    output: str
    published: Value
    ours: Value
    difference: float | None
    allowed: float | None
    tolerance: float | None
    verdict: str
    why: str = ""


def compared(case: Case, output: str, published: Value, ours: Value) -> Row:
    """Return the row of an output that was found.

    Parameters
    ----------
    case : where it stands.
    output : its name.
    published, ours : values.
    """
    found = list(gaps(published, ours, case.tolerance))
    gap, allowed = max((one[:2] for one in found if one.gap is not None), key=excess, default=(None, None))
    verdict = AGREE if all(one.agrees for one in found) else DIFFER
    return Row(
        case.topic, case.name, output, published, ours,
        difference=gap, allowed=allowed, tolerance=case.tolerance, verdict=verdict,
    )  # fmt: skip


def not_run(topic: str, case: str, output: str, published: Value, why: str) -> Row:
    """Return the row of what was not run.

    Parameters
    ----------
    topic, case, output : where it stands.
    published : value, if it is one output.
    why : it was not.
    """
    return Row(
        topic, case, output, published,
        ours=None, difference=None, allowed=None, tolerance=None, verdict=NOT_RUN, why=why,
    )  # fmt: skip


class Gap(NamedTuple):
    """Two values next to each other; `gap` and `allowed` are None where they are no numbers."""

    gap: float | None
    allowed: float | None
    agrees: bool


def excess(one: tuple[float | None, float | None]) -> float:
    """Return by how much a difference is above what is allowed; without bound where it is not a number."""
    gap, allowed = one
    return math.inf if gap is None or allowed is None or math.isnan(gap) else gap - allowed


def gaps(published: Value, ours: Value, tolerance: float | None) -> Iterator[Gap]:
    """Yield every value of a number, list or object next to ours."""
    if is_number(published) and isinstance(ours, (int, float)) and not isinstance(ours, bool):
        gap, allowed = abs(float(ours) - float(published)), margin(published, tolerance)
        yield Gap(gap, allowed, gap <= allowed)
    elif isinstance(published, list) and isinstance(ours, list) and len(published) == len(ours):
        for one, other in zip(published, ours, strict=True):
            yield from gaps(one, other, tolerance)
    elif isinstance(published, dict) and isinstance(ours, dict) and published.keys() == ours.keys():
        for name, one in published.items():
            yield from gaps(one, ours[name], tolerance)
    else:
        yield Gap(None, None, type(published) is type(ours) and published == ours)


def margin(published: float, tolerance: float | None) -> float:
    """Return by how much ours may differ from a published number."""
    size = abs(float(published))
    printed = 10.0 ** (math.floor(math.log10(size)) - DIGITS + 1) if size > 0.0 else 0.0
    return HALF * printed + (HALF * last_digit(published) if tolerance is None else tolerance)


def last_digit(published: float) -> float:
    """Return one unit of the last digit that a number is printed with."""
    exponent = Decimal(getattr(published, "text", repr(published))).as_tuple().exponent
    return 10.0 ** int(exponent)
