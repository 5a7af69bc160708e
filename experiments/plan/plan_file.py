"""The plan file: TOML, read and checked as a whole, all problems reported at once.

=================  =====================================================================================
base               ``scenario``, ``episode``, ``process``, ``prices``, ``accounts``, ``seed``: as the options of
                   ``backstop compare``
``[set]``          parameters changed in every run
``[design]``       ``kind``, and ``points``, ``levels``, ``seed`` where the kind needs them
``[fields]``       what the design moves: a list of values, or ``{low, high, scale, levels}``
``[across]``       values crossed with every point of the design, such as the structures to compare
``[[point]]``      the points of kind ``list``
``replications``   replications of every point, on common random numbers; ``first_replication``, default 0
``series``         series kept besides metrics: true or false, ``"all"``, ``"totals"``, or a list of names; default true
``[reporters]``    numbers of your own, ``name = "module:function"``, a function of the finished model
=================  =====================================================================================
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from experiments.plan.arrangement import Kept
from experiments.plan.configuration import base as described_base
from experiments.plan.design import KINDS, SAMPLERS, Terms
from experiments.plan.field import Choice, Field, read_field
from experiments.plan.notice import design_notices
from experiments.plan.options import ConfigurationError, Options, read_series
from experiments.plan.plug_in import Reporter, read_reporters
from experiments.plan.problem import SweepError
from experiments.plan.scenario_option import Described, Layer
from model.measure.series import USUAL
from model.scenario import Scenario, ScenarioError, read_toml
from model.scenario.parameter import declarations, is_whole
from model.scenario.problem import one_of, section_at, suggestion
from model.scenario.world import world_names
from model.state.account_book import settled

NOT_BASE = {
    "settings", "structures", "regimes", "premiums", "replications", "workers", "out", "precision", "reporters",
    "series",
}  # fmt: skip
BASE = tuple(name for name in Options._fields if name not in NOT_BASE)
OTHER = ("set", "design", "fields", "across", "point", "replications", "first_replication", "series", "reporters")
PATHS = ("scenario", "prices", "accounts")
MOST_REPLICATIONS = 1_000_000_000


class Typed(NamedTuple):
    """What the command line adds to a plan file: reporters, and series in place of the plan's."""

    reporters: tuple[str, ...] = ()
    series: tuple[str, ...] = ()


class Contents(NamedTuple):
    """A plan file, checked but for its points."""

    base: Scenario
    terms: Terms
    fields: tuple[Field, ...]
    across: tuple[Field, ...]
    listed: tuple[dict[str, Any], ...]
    replications: range
    kept: Kept
    notices: tuple[str, ...] = ()

    @property
    def moved(self) -> dict[str, list[Any]]:
        """The fields that points move, with their values, or the ends of their range."""
        values = {field.name: _ends(field) for field in (*self.fields, *self.across)}
        for point in self.listed:
            for name, value in point.items():
                values[name] = list(dict.fromkeys([*values.get(name, []), _hashable(value)]))
        return values


def _ends(field: Field) -> list[Any]:
    return list(field.values) if isinstance(field, Choice) else [field.low, field.high]


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read_plan_file(path: Path, typed: Typed = Typed()) -> Contents:  # noqa: B008
    """Read the plan file at `path`, with what was `typed`.

    Raises
    ------
    SweepError
        With every problem found.
    """
    reader = _Reader(path, typed)
    if reader.problems:  # nothing was read, so there is nothing to check
        raise SweepError(reader.problems)
    contents = reader.contents()
    if reader.problems:
        raise SweepError(dict.fromkeys(reader.problems))
    return contents


class _Reader:
    """Reads the plan table by table and collects problems."""

    def __init__(self, path: Path, typed: Typed) -> None:
        self.path, self.typed = path, typed
        self.problems: list[str] = []
        self.table: dict[str, Any] = self._attempt(partial(read_toml, path), {})

    def contents(self) -> Contents:
        for name in self.table.keys() - {*BASE, *OTHER}:
            self._note(f"{name}: unknown name{suggestion(name, (*BASE, *OTHER))}")
        terms = self._terms()
        described = self._base()
        contents = Contents(
            described.scenario,
            terms,
            self._fields("fields", terms.kind not in SAMPLERS),
            self._fields("across", True),
            self._listed(terms),
            self._replications(),
            Kept(self._series(), self._reporters()),
        )
        return contents._replace(notices=tuple(design_notices(described, contents.moved)))

    def _base(self) -> Described:
        given = {name: self.table[name] for name in BASE if name in self.table and self._is_option(name)}
        given |= {name: self._beside(given[name]) for name in PATHS if name in given}
        accounts = {"trader.accounts": given.pop("accounts")} if "accounts" in given else {}
        described = self._attempt(lambda: described_base(Options(**given)), Described(Scenario()))
        scenario = described.scenario
        changes = accounts | self._flat("set", self._typed("set", self.table, dict, {}))
        changed = self._attempt(lambda: scenario.replace(changes, f"{self.path}: set"), scenario)
        whole = changed.replace(_absolute_files(changed))
        self._attempt(lambda: settled(whole), whole)  # a book fits the venues that the whole of the plan describes
        return Described(whole, (*described.layers, Layer("[set]", changes)))

    def _is_option(self, name: str) -> bool:
        """Whether a base option is of its kind; noted where it is not."""
        value = self.table[name]
        if name == "prices":
            well = isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        else:
            well = type(value) is (int if name == "seed" else str)
        if not well:
            allowed = {"seed": "a whole number", "prices": "text or a list of texts"}.get(name, "text")
            self._note(f"{name}: {value!r}: allowed is {allowed}")
        return well

    def _terms(self) -> Terms:
        table = self._typed("design", self.table, dict, {})
        for name in table.keys() - set(Terms._fields):
            self._note(f"design: {name}: unknown name{suggestion(name, Terms._fields)}")
        terms = Terms(*(self._typed(n, table, type(default), default) for n, default in Terms._field_defaults.items()))
        self._attempt(lambda: one_of("design: kind", terms.kind, KINDS), "")
        sampler = SAMPLERS.get(terms.kind)
        if sampler and terms.points < 1:
            self._note(f"design: points {terms.points}: allowed for {terms.kind} is 1 or more")
        elif sampler and sampler.power_of_two and terms.points & (terms.points - 1):
            self._note(f"design: points {terms.points}: allowed for {terms.kind} is a power of two")
        if terms.levels < 2 or terms.levels % 2:
            self._note(f"design: levels {terms.levels}: allowed is an even number")
        return terms

    def _fields(self, table_name: str, needs_levels: bool) -> tuple[Field, ...]:
        table = self._flat(table_name, self._typed(table_name, self.table, dict, {}))
        read = [
            self._attempt(partial(read_field, name, value, _is_whole(name), needs_levels), None)
            for name, value in table.items()
        ]
        return tuple(field for field in read if field)

    def _listed(self, terms: Terms) -> tuple[dict[str, Any], ...]:
        points = self._typed("point", self.table, list, [])
        has_fields = bool(self.table.get("fields"))
        if (terms.kind == "list") != bool(points):
            self._note(
                f"[[point]]: {len(points)} of them with design {terms.kind}: allowed is 1 or more with list only"
            )
        if (terms.kind == "list") == has_fields:
            self._note(
                f"fields: {'given' if has_fields else 'none'}: the design {terms.kind} is empty or contradicts it"
            )
        for point in points:
            if not isinstance(point, Mapping):
                self._note(f"[[point]]: {point!r}: allowed is a table")
        tables = [point for point in points if isinstance(point, Mapping)]
        return tuple(self._flat(f"point {index}", point) for index, point in enumerate(tables))

    def _series(self) -> tuple[str, ...]:
        usual: tuple[str, ...] = (USUAL,)
        if self.typed.series:
            return self._attempt(partial(read_series, self.typed.series, "command line: --series"), usual)
        given = self.table.get("series", True)
        if isinstance(given, bool | str) or (isinstance(given, list) and all(isinstance(one, str) for one in given)):
            return self._attempt(partial(read_series, given, f"{self.path}: series"), usual)
        self._note(f"series: {given!r}: allowed is true, false, text or a list of texts")
        return usual

    def _reporters(self) -> tuple[Reporter, ...]:
        table = self._typed("reporters", self.table, dict, {})
        said = [f"{name}={path}" for name, path in table.items()]
        read = partial(read_reporters, said, f"{self.path}: reporters")
        typed = partial(read_reporters, self.typed.reporters)
        nothing: tuple[Reporter, ...] = ()
        found = {one.name: one for action in (read, typed) for one in self._attempt(action, nothing)}
        return tuple(found.values())

    def _replications(self) -> range:
        number = self._typed("replications", self.table, int, 1)
        first = self._typed("first_replication", self.table, int, 0)
        if number < 1 or first < 0 or first + number > MOST_REPLICATIONS:
            within = f"1 or more from 0 or later, {MOST_REPLICATIONS} in all"
            self._note(f"replications {number} from {first}: allowed is {within}")
            return range(1)
        return range(first, first + number)

    def _flat(self, table_name: str, table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return `table` by dotted name, whether it was written with dots, quotes or nested tables."""
        flat: dict[str, Any] = {}
        for word, value in table.items():
            name = prefix + word
            if name in _names():
                flat[name] = value
            elif isinstance(value, Mapping) and any(known.startswith(f"{name}.") for known in _names()):
                flat |= self._flat(table_name, value, f"{name}.")
            else:
                self._note(f"{table_name}: {name}: unknown name{suggestion(name, _names())}")
        return flat

    def _beside(self, names: Any) -> Any:
        """Return the plan's paths, relative to its own folder."""
        if isinstance(names, str):
            nearby = str(self.path.parent / names)
            return names if names in world_names() and not Path(nearby).exists() else nearby
        return tuple(str(self.path.parent / name) for name in names)

    def _typed(self, name: str, table: Mapping[str, Any], kind: type, default: Any) -> Any:
        value = table.get(name, default)
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self._note(f"{name}: {value!r}: allowed is {KIND_NAMES[kind]}")
        return default

    def _attempt[Result](self, action: Callable[[], Result], otherwise: Result) -> Result:
        try:
            return action()
        except (ConfigurationError, ScenarioError) as error:
            self.problems += error.problems
        except (TypeError, ValueError) as error:
            self._note(str(error))
        return otherwise

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.path}: {problem}")


KIND_NAMES = {bool: "true or false", int: "a whole number", str: "text", dict: "a table", list: "a list of tables"}


@cache
def _names() -> tuple[str, ...]:
    return tuple(declared.name for declared in declarations(Scenario))


def _is_whole(name: str) -> bool:
    *path, last = name.split(".")
    return is_whole(section_at(Scenario, path).model_fields[last])


def _absolute_files(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario's files by absolute path, for workers in another folder."""
    files: dict[str, Any] = {"price.files": tuple(str(Path(name).absolute()) for name in scenario.price.files)}
    for name, file in (("exposure.file", scenario.exposure.file), ("trader.accounts", scenario.trader.accounts)):
        if file:
            files[name] = str(Path(file).absolute())
    return files
