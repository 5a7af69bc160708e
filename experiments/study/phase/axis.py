"""An axis of a map as it is typed: ``FIELD=low:high:levels``, with ``:log`` for ratios, or ``FIELD=a,b,c``."""

from typing import Any

from experiments.plan.field import Field, read_field
from experiments.plan.problem import SweepError
from experiments.plan.scenario_option import parse_setting
from model.scenario import Scenario
from model.scenario.parameter import declarations
from model.scenario.problem import suggestion

FORM = "allowed is FIELD=low:high:levels, the same with :log, or FIELD=a,b,c"


def read_axis(option: str, text: str) -> Field:
    """Return the field that `text` describes.

    Parameters
    ----------
    option : name of the axis in problems.
    text : as the module says.

    Raises
    ------
    SweepError
        Where there is no such field or it is described in another way.
    """
    name, _, values = (part.strip() for part in text.partition("="))
    known = [declared.name for declared in declarations(Scenario)]
    if name not in known:
        raise SweepError(f"{option}: {name}: unknown name{suggestion(name, known)}; {FORM}")
    try:
        return read_field(name, _described(values), False, True)
    except ValueError as error:
        raise SweepError(f"{option}: {text!r}: {error}; {FORM}") from error


def _described(values: str) -> Any:
    parts = values.split(":")
    if len(parts) in (3, 4):
        scale = {"scale": parts[3]} if len(parts) == 4 else {}
        return {"low": float(parts[0]), "high": float(parts[1]), "levels": int(parts[2]), **scale}
    return [parse_setting(f"x={value}")[1] for value in values.split(",") if value.strip()]
