"""A file of cases: JSON, topic by topic, read and checked as a whole.

A topic is an object: its ``cases`` is a list of objects, each with inputs and published outputs side by side, and an
``id``; ``tolerance`` holds for all its cases, or stands in a case for that one. What else a topic says holds for all
its cases too. Where a topic has no ``cases``, every list of objects in it is one of cases, and without any it is a case
itself.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from experiments.validation.case.kind import Value, is_number
from experiments.validation.suite import ValidationError
from model.scenario.plain_text import content, decoded
from model.scenario.problem import MOST_TOLD

MOST_BYTES = 16_000_000
MOST_DIGITS = 300
LONGEST_LINE = 500
PROSE = ("id", "system", "source", "basis", "note", "tolerance")
"""Keys of a topic or case that are neither inputs nor outputs of any."""


class Printed(float):
    """A number with the text that it was printed as, which tells how many digits it has."""

    text: str


class Case(NamedTuple):
    """One case of a topic.

    Attributes
    ----------
    topic, name : where it stands.
    given : all that is said of it, what its topic says included.
    own : keys that it has itself, prose apart.
    tolerance : in the unit of the outputs; None where none is stated.
    """

    topic: str
    name: str
    given: dict[str, Value]
    own: tuple[str, ...]
    tolerance: float | None


class Topic(NamedTuple):
    """A topic: its cases, and what it says of all of them, prose apart."""

    name: str
    cases: tuple[Case, ...]
    shared: dict[str, Value]


class CaseError(ValidationError):
    """A file of cases that cannot be evaluated; `problems` has a line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        found = [one_line(line) for line in problems]
        more = [f"... and {len(found) - MOST_TOLD} more problems"] if len(found) > MOST_TOLD else []
        self.problems = [*found[:MOST_TOLD], *more]
        super().__init__("\n".join(self.problems))


def visible(text: str) -> str:
    """Return `text` with what cannot be seen, as signs that steer a terminal, written out."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def one_line(text: str) -> str:
    """Return `text` as one visible line, its middle left out where it is long."""
    line = visible(text)
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 100]} ... {line[-90:]}"


def read_cases(path: Path) -> list[Topic]:
    """Return the topics of a file.

    Raises
    ------
    CaseError : with all that is wrong with its shape.
    OSError : if it cannot be read.
    """
    found = _parsed(path)
    if not isinstance(found, dict) or not found:
        raise CaseError([f"{path}: an object with a topic or more is needed, each with its cases"])
    problems = [f"{path}: {line}" for name, topic in found.items() for line in topic_problems(name, topic)]
    if problems:
        raise CaseError(problems)
    return [read_topic(name, topic) for name, topic in found.items()]


def _parsed(path: Path) -> Value:
    """Return the contents of a file of JSON, of which every number is finite and every name stands once."""
    try:
        found = json.loads(
            decoded(content(path, MOST_BYTES)),
            object_pairs_hook=_once, parse_float=_number, parse_int=_whole, parse_constant=_refused,
        )  # fmt: skip
        json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be printed
    except RecursionError:
        raise CaseError([f"{path}: lists or objects in one another, deeper than can be read"]) from None
    except ValueError as error:
        raise CaseError([f"{path}: no JSON that can be used: {error}"]) from None
    return found


def _number(printed: str) -> Printed:
    found = Printed(printed)
    found.text = printed
    return found if math.isfinite(found) else _refused(printed)


def _whole(printed: str) -> int:
    return int(printed) if len(printed) <= MOST_DIGITS else _refused(f"{printed[:20]}...")


def _refused(printed: str) -> NoReturn:
    raise ValueError(f"{printed} is no finite number")


def _once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    again = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if again:
        raise ValueError(f"{again[0]!r} stands twice in one object")
    return dict(pairs)


def topic_problems(name: str, topic: Value) -> Iterator[str]:
    """Yield what is wrong with the shape of a topic, a line each."""
    if not isinstance(topic, dict):
        yield f"{name}: an object is needed, with a list `cases`"
        return
    if not is_tolerance(topic.get("tolerance")):
        yield f"{name}: tolerance: {topic['tolerance']!r}: a number of 0 or more is needed"
    if "cases" in topic and not (isinstance(topic["cases"], list) and topic["cases"]):
        yield f"{name}: cases: a list of one case or more is needed"
        return
    listed = list(numbered(topic))
    yield from (line for label, case in listed for line in case_problems(f"{name}, {label}", case))
    again = [label for label, times in Counter(label for label, _ in listed).items() if times > 1]
    yield from (f"{name}, {label}: the id of two cases" for label in again)


def case_problems(place: str, case: Value) -> Iterator[str]:
    """Yield what is wrong with the shape of a case."""
    if not isinstance(case, dict):
        yield f"{place}: an object is needed, with inputs and outputs by name"
        return
    if not is_tolerance(case.get("tolerance")):
        yield f"{place}: tolerance: {case['tolerance']!r}: a number of 0 or more is needed"
    if not isinstance(case.get("id", ""), (str, int, float)):
        yield f"{place}: id: {case['id']!r}: a text or a number is needed"


def is_tolerance(value: Value) -> bool:
    """Tell whether `value` is a tolerance, or none is stated."""
    return value is None or (is_number(value) and value >= 0)


def numbered(topic: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Yield label and contents of every case of a topic: its id, else its number."""
    lists = case_lists(topic)
    for name in lists:
        for number, case in enumerate(topic[name], start=1):
            label = case.get("id") if isinstance(case, dict) else None
            own = str(number) if name == "cases" else f"{name} {number}"
            yield (own if label is None else str(label)), case
    if not lists:
        yield "1", dict(topic)


def case_lists(topic: Mapping[str, Value]) -> list[str]:
    """Return the names of a topic's lists of cases."""
    if "cases" in topic:
        return ["cases"]
    return [
        name
        for name, value in topic.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    ]


def read_topic(name: str, topic: Mapping[str, Value]) -> Topic:
    """Return a topic whose shape is right."""
    lists = case_lists(topic)
    shared = {key: value for key, value in topic.items() if lists and key not in (*lists, *PROSE)}
    cases = tuple(
        Case(
            name,
            label,
            {**shared, **{key: value for key, value in case.items() if key not in PROSE}},
            tuple(key for key in case if key not in PROSE),
            _tolerance(case, topic),
        )
        for label, case in numbered(topic)
    )
    return Topic(name, cases, shared)


def _tolerance(case: Mapping[str, Value], topic: Mapping[str, Value]) -> float | None:
    stated = [one["tolerance"] for one in (case, topic) if one.get("tolerance") is not None]
    return float(stated[0]) if stated else None
