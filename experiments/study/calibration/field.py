"""The free fields of a calibration: parameters of a scenario, each within bounds, mapped to the unit interval."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.plan.configuration import ORIGIN
from experiments.plan.options import ConfigurationError
from model.scenario.parameter import Value

if TYPE_CHECKING:
    from model.scenario import Scenario

WIDE = 20.0  # bounds further apart than this ratio are searched on a logarithmic scale


class Field(NamedTuple):
    """A parameter and the range in which it is sought."""

    name: str
    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Whether equal steps of the unit interval are equal ratios."""
        return self.low > 0.0 and self.high / self.low >= WIDE

    def value(self, unit: float) -> float:
        """Return the value at a place in the unit interval."""
        if self.logarithmic:
            return self.low * (self.high / self.low) ** unit
        return self.low + (self.high - self.low) * unit

    def unit(self, value: float) -> float:
        """Return the place of a value in the unit interval."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


VOLATILITY = Field("asset.daily_volatility", 0.002, 0.3)
CORRELATION = Field("asset.correlation", 0.0, 0.99)
FIELDS: Mapping[str, tuple[Field, ...]] = {
    "stochastic_volatility": (
        Field("price.volatility_excess", 0.2, 5.0),
        Field("price.slow_sd", 0.05, 1.2),
        Field("price.slow_half_life", 24.0, 4_000.0),
        Field("price.fast_sd", 0.05, 1.2),
        Field("price.fast_half_life", 0.2, 24.0),
    ),
    "garch": (
        VOLATILITY,
        Field("price.garch_alpha", 0.005, 0.4),
        Field("price.garch_beta", 0.4, 0.99),
        Field("price.degrees_of_freedom", 2.1, 30.0),
    ),
    "jump_diffusion": (
        VOLATILITY,
        Field("price.jump_intensity", 0.05, 20.0),
        Field("price.jump_mean", -2.0, 2.0),
        Field("price.jump_sd", 0.05, 5.0),
    ),
    "gbm": (VOLATILITY,),
}


def chosen_fields(process: str, texts: Sequence[str], scenario: "Scenario", assets: int = 1) -> tuple[Field, ...]:
    """Return the fields typed as ``NAME=LOW:HIGH``, or where there are none those of the process.

    With several assets their correlation is a field too.

    Parameters
    ----------
    process : name of the price process.
    texts : as typed.
    scenario : whose values are where the search begins.
    assets : that are calibrated together.

    Raises
    ------
    ConfigurationError : with a line for every field that is not understood, unknown or out of bounds.
    """
    known = [*FIELDS[process], *(CORRELATION,) * (assets > 1)] if process in FIELDS else []
    fields, problems = ([] if texts else known), []
    for text in texts:
        try:
            fields.append(_parsed(text))
        except ValueError:
            problems.append(f"{ORIGIN}: --field: {text!r}: allowed is NAME=LOW:HIGH with LOW below HIGH")
    for field in fields:
        problems += [line for end in (field.low, field.high) for line in _unfit(scenario, field, end)]
    if not fields and not problems:
        problems.append(f"{ORIGIN}: --process: {process!r} has no parameters of its own: name some by --field")
    if problems:
        raise ConfigurationError(dict.fromkeys(problems))
    return tuple(fields)


def _parsed(text: str) -> Field:
    name, _, ends = text.partition("=")
    low, _, high = ends.partition(":")
    field = Field(name.strip(), float(low), float(high))
    if not (field.name and -math.inf < field.low < field.high < math.inf):
        raise ValueError(text)
    return field


def _unfit(scenario: "Scenario", field: Field, value: float) -> list[str]:
    try:
        current = current_value(scenario, field.name)
        if isinstance(current, bool) or not isinstance(current, int | float):
            return [f"{ORIGIN}: --field: {field.name}: a field that is a number is allowed"]
        applied(scenario, {field.name: value})
    except AttributeError:
        return _replaced_problems(scenario, field.name, value)
    except ValueError as error:
        return [] if "garch" in str(error) else list(getattr(error, "problems", [str(error)]))
    return []


def _replaced_problems(scenario: "Scenario", name: str, value: float) -> list[str]:
    try:
        scenario.replace({name: value}, origin=f"{ORIGIN}: --field")
    except ValueError as error:
        return list(getattr(error, "problems", [str(error)]))
    return []


def current_value(scenario: "Scenario", name: str) -> Value:
    """Return the value of a dotted name, the first of several; AttributeError where there is none."""
    value: Any = scenario
    for word in name.split("."):
        value = getattr(value, word)
    return value[0] if isinstance(value, tuple) and value else value


def applied(scenario: "Scenario", values: Mapping[str, float]) -> "Scenario":
    """Return the scenario with `values`; a field of several takes one value for all, a whole number is rounded."""
    return scenario.replace({name: _fitting(scenario, name, value) for name, value in values.items()})


def _fitting(scenario: "Scenario", name: str, value: float) -> Any:
    section, _, leaf = name.rpartition(".")
    held = getattr(getattr(scenario, section) if section else scenario, leaf)
    if isinstance(held, tuple):
        return (value,)
    return round(value) if isinstance(held, int) else value
