"""How a parameter is declared: once, with default, unit, meaning and source.

Every section of a :class:`model.scenario.Scenario` is a frozen pydantic model whose fields are made by
:func:`parameter`. The declaration is the only place where a default, a unit or a bound is written: the command
line, the documentation and the kernels read it from here. Units are written as text: ``1`` is a pure number,
``bp`` 1e-4, ``USD`` money, ``1/min`` a rate per minute, ``log`` a natural-log price.

Nothing heavy is imported, so that ``backstop parameters`` answers at once.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def parameter(default: Any, unit: str, meaning: str, source: str, **bounds: Any) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default : value used where the user gives none.
    unit : unit as text, ``1`` for a pure number.
    meaning : one line saying what it is.
    source : where the default comes from.
    **bounds : pydantic bounds (``ge``, ``gt``, ``le``, ``lt``, ``min_length``).
    """
    return Field(default, description=meaning, json_schema_extra={"unit": unit, "source": source}, **bounds)


def several(value: Any) -> Any:
    """Return a plain number as a tuple of one; anything else as it is."""
    return (value,) if isinstance(value, int | float) else value


type Numbers = Annotated[tuple[float, ...], BeforeValidator(several)]


class Section(BaseModel):
    """A frozen group of parameters; unknown names and NaN are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @model_validator(mode="after")
    def _refuse_nan(self) -> Self:
        bad = [name for name in type(self).model_fields if _has_nan(getattr(self, name))]
        if bad:
            raise ValueError(f"not a number: {', '.join(bad)}")
        return self


def _has_nan(value: Any) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    return any(isinstance(item, float) and math.isnan(item) for item in values)


class Declaration(NamedTuple):
    """One row of the parameter table."""

    name: str
    default: Any
    unit: str
    meaning: str
    source: str


def declarations(section: type[BaseModel], prefix: str = "") -> Iterator[Declaration]:
    """Yield the declarations below `section`, depth first, names dotted."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from declarations(kind, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        known = extra if isinstance(extra, dict) else {}
        yield Declaration(
            f"{prefix}{name}",
            field.default,
            str(known.get("unit")),
            field.description or "",
            str(known.get("source")),
        )


def per_item(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    """Stretch `values` to `count` items: the first ones, the last repeated where there are too few."""
    return tuple(values[min(index, len(values) - 1)] for index in range(count))
