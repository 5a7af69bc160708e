"""Controls: the parameters that can be set on the page, with range, unit and help, read from their declarations.

Nothing about a parameter is written here: names, bounds, units, meanings and sources are those of
:mod:`model.scenario.parameter`, and the allowed names of a choice are those its own check allows, so that a parameter
or a registered part added to the model appears on the page by itself.
"""

import math
from collections.abc import Iterator
from functools import cache
from inspect import getdoc
from itertools import groupby
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from model.scenario import Scenario, ScenarioError
from model.scenario.parameter import Declaration, Value, declarations, is_by_protocol, is_whole
from model.scenario.problem import section_at

ELSEWHERE = (
    *("seed", "backstop.structure", "backstop.regime"),
    *("price.files", "price.names", "exposure.file", "price.start", "trader.accounts"),
    *("asset.correlation_matrix", "asset.factor_loading"),
)
"""Parameters that have controls of their own on the page, name files of the server, or are tables to be loaded."""
STEPS = 100
CURVE = 50.0
SOFT = 100.0
FIRST = "backstop"
UNSET = 1_440.0
"""Greatest position of a slider without bound or default: a day of steps."""
IMPOSSIBLE = "?"


class Control(NamedTuple):
    """One control.

    `kind` is ``number``, ``integer``, ``flag``, ``choice``, ``list`` or ``text``; `low`, `high` and `step` are of its
    slider, whose positions are cubed where `curved`, as in a range that spans orders of magnitude. A number that is
    `listed` may be typed as a list, one by protocol.
    """

    name: str
    title: str
    unit: str
    meaning: str
    source: str
    kind: str
    default: Any
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    curved: bool = False
    choices: tuple[str, ...] = ()
    listed: bool = False


class Group(NamedTuple):
    """The controls of one section of the scenario."""

    name: str
    title: str
    purpose: str
    controls: tuple[Control, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Return all controls, section by section."""
    shown = (declared for declared in declarations(Scenario) if declared.name not in ELSEWHERE)
    sections = (_group(name, rows) for name, rows in groupby(shown, lambda row: row.name.rpartition(".")[0]))
    return tuple(sorted(sections, key=lambda group: group.name != FIRST))


@cache
def controls() -> dict[str, Control]:
    """Return all controls by name."""
    return {control.name: control for group in groups() for control in group.controls}


def _group(name: str, rows: Iterator[Declaration]) -> Group:
    kind = Scenario.model_fields[name].annotation if name else Scenario
    purpose = (getdoc(kind) or "").splitlines()[0]
    return Group(name, (name or "run").capitalize(), purpose, tuple(_control(declared) for declared in rows))


def _control(declared: Declaration) -> Control:
    *path, last = declared.name.split(".")
    field = section_at(Scenario, path).model_fields[last]
    kind, choices = _kind(declared, field)
    common = Control(
        declared.name, last.replace("_", " "), declared.unit, declared.meaning, declared.source, kind, declared.default
    )
    if kind not in ("number", "integer"):
        return common._replace(choices=choices)
    low, high = slider_range(declared.default, bounds(declared))
    step = 1.0 if kind == "integer" else nice((high - low) / STEPS)
    scale = abs(declared.default or 0.0)
    curved = high - low > CURVE * max(scale, 1e-9) and high > 1.0
    return common._replace(low=low, high=high, step=step, curved=curved, listed=is_by_protocol(field))


def _kind(declared: Declaration, field: FieldInfo) -> tuple[str, tuple[str, ...]]:
    annotation = field.annotation
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    if annotation is str:
        names = allowed_names(declared.name) if declared.unit == "name" else ()
        return ("choice", names) if names else ("text", ())
    if get_origin(annotation) is tuple or isinstance(declared.default, tuple):
        return "list", ()
    if annotation is bool:
        return "flag", ()
    return ("integer" if is_whole(field) else "number"), ()


def allowed_names(name: str) -> tuple[str, ...]:
    """Return the names a choice allows: those that its check lists when it is given an impossible one."""
    try:
        Scenario().replace({name: IMPOSSIBLE})
    except ScenarioError as error:
        allowed = error.problems[0].rpartition("allowed: ")[2]
        return tuple(part.strip() for part in allowed.split(","))
    return ()


def bounds(declared: Declaration) -> tuple[float | None, float | None]:
    """Return the least and greatest allowed value of a parameter, None where it is no number."""
    return (declared.within.low, declared.within.high) if declared.within else (None, None)


def slider_range(default: float | None, limits: tuple[float | None, float | None]) -> tuple[float, float]:
    """Return the range of a slider: the bounds, or multiples of the default where there are none or they are far."""
    usual = abs(default or 0.0)
    low, high = limits
    least = low if low is not None else (-usual if usual else -1.0)
    most = high if high is not None else (nice(5.0 * usual) if usual else UNSET)
    if usual and most > SOFT * usual:
        most = nice(10.0 * usual)
    return float(least), float(max(most, least + 1e-9))


def nice(value: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is at most `value`, but for rounding."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{max(factor for factor in (1, 2, 5, 10) if factor * power <= value * 1.0001) * power:.6g}")


def parse(control: Control, text: str) -> Value:
    """Return the value a visitor typed; ValueError in plain words where it is not of the control's kind.

    An empty number means the default, an empty list none.
    """
    stripped = text.strip()
    if control.kind == "list" or (control.listed and "," in stripped):
        parts = [part.strip() for part in stripped.strip("[]").split(",") if part.strip()]
        return tuple(item_of(control, part) for part in parts)
    if control.kind in ("number", "integer"):
        return number_of(control, stripped) if stripped else control.default
    return stripped


def number_of(control: Control, text: str) -> float | int:
    """Return a number, whole where the control wants it."""
    try:
        return int(text) if control.kind == "integer" else float(text)
    except ValueError:
        wanted = "a whole number" if control.kind == "integer" else "a number"
        raise ValueError(f"{text!r}: {wanted} is needed") from None


def item_of(control: Control, text: str) -> str | float:
    """Return one item of a list: text where the unit says so, else a number, whole where it is an index."""
    if control.unit in ("text", "name", "path"):
        return text.strip("\"'")
    kind = "integer" if control.unit == "index" or control.kind == "integer" else "number"
    return number_of(control._replace(kind=kind), text)
