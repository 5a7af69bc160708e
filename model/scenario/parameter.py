"""How a parameter is declared: once, with default, unit, meaning and source.

Every section of a :class:`model.scenario.Scenario` is a frozen pydantic model whose fields are made by
:func:`parameter`. The declaration is the only place where a default, a unit or a bound is written: the command
line, the documentation and the kernels read it from here. Units are written as text: ``1`` is a pure number,
``bp`` 1e-4, ``USD`` money, ``1/min`` a rate per minute, ``log`` a natural-log price.

Nothing heavy is imported, so that ``backstop parameters`` answers at once.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from model.scenario.bound import Bound, number
from model.scenario.unit import guess

type Value = Any  # what a parameter holds: a flag, number, text, named tuple, none, or a tuple of these
ONE, EACH = "(one number)", "(one by protocol)"  # forms of a parameter, in places that pydantic names
LISTED = "; or a list, one by protocol, the last repeated"
SHOWN = 3  # values outside their bounds that a line names


def parameter(
    default: Value, unit: str, meaning: str, source: str, within: Bound | None = None, **constraints: Any
) -> Value:  # fmt: skip
    """Declare one parameter.

    Parameters
    ----------
    default : value used where the user gives none.
    unit : unit as text, ``1`` for a pure number.
    meaning : one line saying what it is.
    source : where the default comes from.
    within : least and greatest value, of each item where there are several, and why; every number has them.
    **constraints : what else pydantic is to check (``min_length``).
    """
    extra: Any = {"unit": unit, "source": source, "within": within}
    return Field(default, description=meaning, json_schema_extra=extra, **constraints)


def several(value: Value) -> Value:
    """Return a plain number as a tuple of one; anything else as it is."""
    return (value,) if isinstance(value, int | float) else value


type Rows = tuple[tuple[float, ...], ...]
type Numbers = Annotated[tuple[float, ...], BeforeValidator(several)]


def form(value: Value) -> str:
    """Return which form of a parameter `value` has: one number for all protocols, or one for each."""
    return EACH if isinstance(value, list | tuple) else ONE


def not_empty(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return `values`; ValueError where there are none."""
    if not values:
        raise ValueError("at least one value is needed")
    return values


type ByProtocol = Annotated[
    Annotated[float, Tag(ONE)] | Annotated[tuple[float, ...], AfterValidator(not_empty), Tag(EACH)],
    Discriminator(form),
]
type CountByProtocol = Annotated[
    Annotated[int, Tag(ONE)] | Annotated[tuple[int, ...], AfterValidator(not_empty), Tag(EACH)], Discriminator(form)
]


def is_by_protocol(field: FieldInfo) -> bool:
    """Tell whether a field is one number for all protocols, or one for each."""
    return field.annotation in (ByProtocol, CountByProtocol)


def is_whole(field: FieldInfo) -> bool:
    """Tell whether a field takes whole numbers only."""
    return field.annotation in (int, CountByProtocol) or int in get_args(field.annotation)


class Section(BaseModel):
    """A frozen group of parameters; unknown names, and numbers outside their bounds, are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # One value, not several, to a caller that runs over values of a parameter, as mesa.batch_run does.
    __iter__ = None  # type: ignore[assignment]

    @model_validator(mode="before")
    @classmethod
    def _flags_are_no_numbers(cls, given: Any) -> Any:
        """Return what is given, flags in place of numbers as text, which no number is read from."""
        if not isinstance(given, dict):
            return given
        bounds = bounds_of(cls)
        flags = [name for name, value in given.items() if name in bounds and _has_flag(value)]
        return given | {name: _flags_as_text(given[name]) for name in flags} if flags else given

    @field_validator("*", mode="after")
    @classmethod
    def _within(cls, value: Any, info: ValidationInfo) -> Any:
        """Check a number, or each of several, against the declared bounds."""
        bound = bounds_of(cls).get(info.field_name)
        if bound is not None and (bad := [item for item in items(value) if not bound.holds(item)]):
            raise ValueError(outside(bad, cls.model_fields[str(info.field_name)], bound))
        return value


def _has_flag(value: Any) -> bool:
    return value.__class__ is bool or (isinstance(value, list | tuple) and any(map(_has_flag, value)))


def _flags_as_text(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_flags_as_text(item) for item in value]
    return str(value).lower() if value.__class__ is bool else value


def items(value: Value) -> Sequence[Any]:
    """Return the values of a field, one or several; none where there is none."""
    if not isinstance(value, tuple | list):
        return () if value is None else (value,)
    return [inner for item in value for inner in items(item)] if any(map(_is_row, value)) else value


def _is_row(value: Value) -> bool:
    return isinstance(value, tuple | list)


@cache
def bounds_of(section: type[BaseModel]) -> dict[str | None, Bound]:
    """Return the declared bounds of every number of a section."""
    found = ((name, bound_of(field)) for name, field in section.model_fields.items())
    return {name: bound for name, bound in found if bound is not None}


def bound_of(field: FieldInfo) -> Bound | None:
    """Return the declared bounds of a field, if it is a number."""
    extra = field.json_schema_extra
    return extra.get("within") if isinstance(extra, dict) else None  # type: ignore[return-value]


def outside(values: Sequence[float], field: FieldInfo, bound: Bound) -> str:
    """Return what is wrong with `values`: what is allowed, why, and what may have been meant."""
    extra = field.json_schema_extra
    unit = str(extra.get("unit")) if isinstance(extra, dict) else ""
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    own = "" if unit in ("1", "index") else f" {unit}"
    meant = guess(values[0], unit, bound, [float(item) for item in items(field.default)])
    told = f"{', '.join(map(number, values[:SHOWN]))}{more}: allowed: {bound.allowed()}{own} ({bound.reason})"
    return f"{told}; {meant}" if meant else told


class Declaration(NamedTuple):
    """One row of the parameter table."""

    name: str
    default: Any
    unit: str
    meaning: str
    source: str
    within: Bound | None = None

    @property
    def allowed(self) -> str:
        """What is allowed, in words; ``-`` where it is no number."""
        return self.within.allowed() if self.within else "-"

    @property
    def reason(self) -> str:
        """Why no less and no more."""
        return self.within.reason if self.within else "-"


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
            (field.description or "") + (LISTED if is_by_protocol(field) else ""),
            str(known.get("source")),
            bound_of(field),
        )


def side_by_side(*values: float | tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """Yield what several parameters by protocol say of each, as far as the longest list goes."""
    count = max(len(items(value)) for value in values)
    yield from zip(*(per_item(value, count) for value in values), strict=True)


def per_item[Number: (int, float)](values: Number | tuple[Number, ...], count: int) -> tuple[Number, ...]:
    """Stretch one or several `values` to `count` items: the first ones, the last repeated where there are too few."""
    values = values if isinstance(values, tuple) else (values,)
    return tuple(values[min(index, len(values) - 1)] for index in range(count))
