"""Problems of a configuration: one plain line each, all reported at once.

A line names the origin (a file, or the command line), the field, the value given and what is allowed.
"""

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

MOST_TOLD = 50  # problems of one origin
LONGEST = 80  # characters of a value that a line shows
NEEDED = {
    "int": "a whole number is needed",
    "finite_number": "a whole number is needed",
    "float": "a number is needed",
    "bool": "true or false is needed",
    "string": "text is needed",
    "tuple": "a list is needed, in brackets",
    "too_short": "at least one value is needed",
    "model": "a table of parameters is needed",
    "dict": "a table of parameters is needed",
}


class ScenarioError(ValueError):
    """A configuration with problems.

    Attributes
    ----------
    problems : one line per problem.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is allowed, else raise ValueError with what is and the closest name."""
    known = list(allowed)
    if value not in known:
        raise ValueError(f"{name} {value!r} is unknown{suggestion(value, known)}; allowed: {', '.join(known)}")
    return value


def section_at(root: type[BaseModel], path: Iterable[str]) -> type[BaseModel]:
    """Return the section class that the dotted `path` leads to, as far as it can be followed."""
    section = root
    for name in path:
        field = section.model_fields.get(name)
        kind = field.annotation if field else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            break
        section = kind
    return section


def dotted_names(root: type[BaseModel], prefix: str = "") -> list[str]:
    """Return the dotted name of every field below `root`, sections included."""
    names = []
    for name, field in root.model_fields.items():
        names.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += dotted_names(field.annotation, f"{prefix}{name}.")
    return names


def problem_lines(error: ValidationError, root: type[BaseModel], origin: str) -> list[str]:
    """Translate pydantic's report into lines ``origin: field: value: what is allowed``."""
    told = [line for item in error.errors(include_url=False) for line in _lines(dict(item), root, origin)]
    more = [f"{origin}: ... and {len(told) - MOST_TOLD} more problems"] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more]


def _lines(item: dict[str, Any], root: type[BaseModel], origin: str) -> list[str]:
    path = [str(part) for part in item["loc"] if not str(part).startswith("(")]  # a form is no name
    field = ".".join(path)
    if item["type"] == "extra_forbidden":
        return [f"{origin}: {field}: unknown name{_closest(root, path)}"]
    if item["type"] == "value_error":
        lines = str(item["msg"]).removeprefix("Value error, ").split("\n")
        return [f"{origin}: {field or 'scenario'}: {line}" for line in lines]
    return [f"{origin}: {field}: {_short(item['input'])}: {_plain(item)}"]


def _plain(item: dict[str, Any]) -> str:
    """Return in plain English what was expected in place of a value of another type."""
    if item["type"] == "literal_error":
        return f"allowed: {item['ctx']['expected'].replace(' or ', ', ')}"
    known = next((text for kind, text in NEEDED.items() if item["type"].startswith(kind)), "")
    return known or f"{item['msg'][:1].lower()}{item['msg'][1:]}"


def _short(value: Any) -> str:
    """Return a value as it was given, its middle left out where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__} too long to show"
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}...{text[-LONGEST // 4 :]}"


def _closest(root: type[BaseModel], path: list[str]) -> str:
    siblings = list(section_at(root, path[:-1]).model_fields)
    near = suggestion(path[-1], siblings)
    if near:
        return near
    elsewhere = [name for name in dotted_names(root) if name.rsplit(".", maxsplit=1)[-1] == path[-1]]
    return f" (did you mean {elsewhere[0]!r}?)" if elsewhere else f"; known here: {', '.join(siblings)}"
