"""Every topic and case of a file put to the functions of a run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from experiments.validation.case.file import Case, CaseError, Topic, read_cases
from experiments.validation.case.kind import Value
from experiments.validation.case.registry import Adapter, Found, Given, built
from experiments.validation.case.verdict import Row, compared, not_run
from model.scenario.problem import LONGEST, suggestion

NOT_BUILT = "not built yet"
UNKNOWN = "not known here"
FAILURES = (ValueError, ArithmeticError, IndexError)
"""What the functions of a run raise for inputs that they refuse."""


def evaluate(path: Path) -> list[Row]:
    """Return a row for every output that the cases of a file name, in its order.

    Raises
    ------
    CaseError : with all that is wrong with the file and its inputs.
    OSError : if it cannot be read.
    """
    rows: list[Row] = []
    problems: list[str] = []
    topics = built()
    for topic in read_cases(path):
        adapters = topics.get(topic.name, [])
        for case in topic.cases:
            try:
                rows += case_rows(case, adapters)
            except CaseError as error:
                problems += [f"{path}: {topic.name}, {case.name}: {line}" for line in error.problems]
        rows += shared_rows(topic, adapters)
    if problems:
        raise CaseError(problems)
    return rows


def case_rows(case: Case, adapters: Sequence[Adapter]) -> list[Row]:
    """Return the rows of a case: one for each output or unknown key of it, one alone where nothing of it is built."""
    if not adapters:
        return [not_run(case.topic, case.name, "", None, NOT_BUILT)]
    told = unfolded(case.given, keys_of(adapters))
    outputs = {name for one in adapters for name in one.gives}
    own = [key for key in told if key in outputs or key in case.own or key.partition(".")[0] in case.own]
    if not outputs & set(own):
        return [not_run(case.topic, case.name, "", None, f"no output that is built{near(own, outputs)}")]
    found = outcomes(told, [one for one in adapters if set(one.gives) & set(own)])
    return [
        compared(case, key, told[key], found[key])
        if key in found
        else not_run(case.topic, case.name, key, told[key], reason(key, told, adapters))
        for key in own
        if key in outputs or key not in keys_of(adapters)
    ]


def shared_rows(topic: Topic, adapters: Sequence[Adapter]) -> list[Row]:
    """Return a row for every key that a topic has next to its cases and no rule of it knows."""
    unknown = [key for key in topic.shared if adapters and key not in keys_of(adapters)]
    return [not_run(topic.name, "", key, None, reason(key, topic.shared, adapters)) for key in unknown]


def keys_of(adapters: Iterable[Adapter]) -> dict[str, None]:
    """Return all keys that the rules of a topic know, in order."""
    return dict.fromkeys(name for one in adapters for name in one.known)


def unfolded(given: Given, known: Iterable[str]) -> dict[str, Value]:
    """Return what is said of a case, objects that no rule knows as a whole taken apart: ``name.name``."""
    return dict(_apart(given, set(known)))


def _apart(given: Given, known: set[str], before: str = "") -> Iterator[tuple[str, Value]]:
    for name, value in given.items():
        key = f"{before}{name}"
        if isinstance(value, dict) and value and key not in known:
            yield from _apart(value, known, f"{key}.")
        else:
            yield key, value


def outcomes(told: Given, adapters: Iterable[Adapter]) -> Found:
    """Return what the rules find whose inputs are all there; of two that give the same output, the first."""
    found: Found = {}
    problems: list[str] = []
    for one in adapters:
        if one.takes.keys() <= told.keys():
            try:
                found = {**outcome(told, one), **found}
            except CaseError as error:
                problems += error.problems
            except FAILURES as error:
                problems.append(str(error))
    if problems:
        raise CaseError(dict.fromkeys(problems))
    return found


def outcome(told: Given, adapter: Adapter) -> Found:
    """Return what one rule finds, as JSON can hold it."""
    given, problems = {}, []
    for name, kind in {**adapter.takes, **adapter.may}.items():
        if name in told:
            try:
                given[name] = kind(told[name])
            except ValueError as error:
                problems.append(f"{name}: {shown(told[name])}: {error}")
    if problems:
        raise CaseError(problems)
    with np.errstate(all="ignore"):
        return {name: simple(value) for name, value in adapter.find(given).items()}


def shown(value: Value) -> str:
    """Return a value as it was given, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def simple(value: Value) -> Value:
    """Return numbers and lists of NumPy as Python's."""
    if isinstance(value, dict):
        return {str(name): simple(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [simple(item) for item in value]
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else value


def reason(key: str, told: Given, adapters: Sequence[Adapter]) -> str:
    """Return why there is no value of ours for a key: inputs are missing, or there is none for them, or no rule."""
    lacking = [[name for name in one.takes if name not in told] for one in adapters if key in one.gives]
    if not lacking:
        return f"{UNKNOWN}{suggestion(key, [name for name in keys_of(adapters) if name not in told])}"
    strange = [name for name in told if name not in keys_of(adapters)]
    fewest = [name + suggestion(name, strange) for name in min(lacking, key=len)]
    return f"needs {', '.join(fewest)}" if fewest else "not given for these inputs"


def near(own: Iterable[str], outputs: set[str]) -> str:
    """Return for what outputs keys may have been meant, or nothing."""
    return "".join(f"; {key}{hint}" for key in own if (hint := suggestion(key, sorted(outputs))))
