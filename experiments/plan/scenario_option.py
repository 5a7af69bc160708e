"""From the options that describe a scenario to the scenario, with all problems collected.

Precedence, lowest first: the defaults of the parameters, with the prices of 10 October 2025; the scenario file; the
preset; the options; ``--set``. A file changes only what it names: where it names no prices they stay those of
10 October 2025. The source of each setting is kept, so that none is dropped silently (:mod:`experiments.plan.notice`).
"""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Any, NamedTuple

from experiments.plan.options import Options
from model.network.reader.edge_list import read_edges
from model.price.reader.file import read_prices
from model.price.tape import draw_tape
from model.scenario import Scenario, plant, read_toml
from model.scenario.asset_name import split_name
from model.scenario.preset import Preset, load_preset, preset_names
from model.scenario.problem import LONGEST, one_of
from model.scenario.registry import PROCESSES
from model.scenario.toml_text import DEEPEST
from model.scenario.world import scenario_path

DEFAULT_PRICES = {"price.process": "episode", "price.episode": "2025-10-10"}
ORIGIN = "command line"


class Problems:
    """Problems collected while checking goes on, a line each."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attempt[Result](self, action: Callable[[], Result], otherwise: Result) -> Result:
        """Return the result of `action`, or collect its problems and return `otherwise`."""
        try:
            return action()
        except ValueError as error:
            self.lines += getattr(error, "problems", None) or [str(error)]
            return otherwise


class Layer(NamedTuple):
    """The settings of one source, by dotted name; a later layer wins."""

    origin: str
    values: dict[str, Any]


class Described(NamedTuple):
    """A scenario and the layers it was made from, the lowest first."""

    scenario: "Scenario"
    layers: tuple[Layer, ...] = ()

    @property
    def given(self) -> dict[str, str]:
        """The last source of each setting, by dotted name; defaults are not in it."""
        return {name: layer.origin for layer in self.layers for name in layer.values}


def read_scenario(options: "Options", problems: Problems) -> Described:
    """Return the scenario that `options` describe, or the nearest valid one, with problems added to `problems`."""
    usual = Scenario().replace(DEFAULT_PRICES)
    filed, base = _filed(options.scenario, options.prices, usual, problems) if options.scenario else ({}, usual)
    pairs = [problems.attempt(partial(parse_setting, text), None) for text in options.settings]
    preset = problems.attempt(partial(_preset, options.preset), None)
    layers = [
        Layer(f"preset {preset.name}" if preset else "", preset.changes if preset else {}),
        Layer("--seed", {} if options.seed is None else {"seed": options.seed}),
        Layer("command line", _price_changes(options, base, problems) | _account_changes(options)),
        *(Layer("--set", dict([pair])) for pair in pairs if pair),
    ]
    changes = {name: value for layer in layers for name, value in layer.values.items()}
    origin = f"{ORIGIN} with preset {preset.name}" if preset else ORIGIN
    changed = problems.attempt(partial(base.replace, changes, origin=origin), base)
    _check_prices(changed.price.files or [split_name(text)[1] for text in options.prices], problems)
    return Described(changed, (Layer(options.scenario or "", filed), *layers))


def _filed(
    name: str, prices: Sequence[str], usual: "Scenario", problems: Problems
) -> "tuple[dict[str, Any], Scenario]":
    """Return what the scenario file names, by dotted name, and the scenario it makes of the `usual` one."""
    path = scenario_path(name)
    nothing: dict[str, Any] = {}
    tree = problems.attempt(partial(read_toml, path), nothing)
    filed = dict(dotted(tree))
    if isinstance(tree.get("price", {}), dict):
        replayed = {"price.process": "replay", "price.files": tuple(prices)}
        for unnamed, value in (replayed if prices and "price.process" not in filed else unnamed_prices(filed)).items():
            plant(tree, unnamed, value)
    return filed, problems.attempt(partial(Scenario.from_mapping, tree, path), usual)


def unnamed_prices(named: Collection[str]) -> dict[str, Any]:
    """Return the process, and its episode, of a file that names none: a replay of its price files, or the default."""
    if "price.process" in named:
        return {}
    if "price.files" in named:
        return {"price.process": "replay"}
    return {name: value for name, value in DEFAULT_PRICES.items() if name not in named}


def dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a nested mapping by dotted name."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from dotted(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _preset(name: str | None) -> "Preset | None":
    """Return the preset asked for, if any; ValueError where there is none of that name."""
    return load_preset(one_of(f"{ORIGIN}: --preset:", name, preset_names())) if name else None


def parse_setting(text: str) -> tuple[str, Any]:
    """Split ``name=value``; the value is read as TOML, and as text where it is none or a date.

    Raises
    ------
    ValueError
        Where there is no name or no ``=``, or the name is deeper than any can be.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    parts = name.split(".")
    if not (all(parts) and equals) or len(parts) > DEEPEST:
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
        raise ValueError(f"{ORIGIN}: --set: {shown!r}: allowed is NAME=VALUE, such as backstop.capital_ratio=0.02")
    return name, _toml_value(value)


def _price_changes(options: "Options", base: "Scenario", problems: Problems) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if options.episode:
        changes = {"price.process": "episode", "price.episode": options.episode}
    if options.prices:
        kept = base.price.process if PROCESSES[base.price.process].needs_files else "replay"
        changes |= {"price.process": kept} | _named_files(options.prices, base)
    if options.process:
        changes["price.process"] = options.process
    process = PROCESSES.get(changes.get("price.process", base.price.process))
    problems.lines += _price_conflicts(options, process is None or process.needs_files)
    return changes


def _account_changes(options: "Options") -> dict[str, Any]:
    return {"trader.accounts": options.accounts} if options.accounts else {}


def _named_files(prices: Sequence[str], base: "Scenario") -> dict[str, Any]:
    """Return the price files, with names where one is given or those of `base` no longer fit."""
    names, files = zip(*map(split_name, prices), strict=True)
    return {"price.files": files} | (
        {"price.names": names if any(names) else ()} if any(names) or base.price.names else {}
    )


def _price_conflicts(options: "Options", reads_files: bool) -> list[str]:
    conflicts = []
    if options.episode and (options.prices or options.process not in (None, "episode")):
        other = "--prices" if options.prices else f"--process {options.process}"
        conflicts.append(f"{ORIGIN}: --episode: {options.episode!r} together with {other}: allowed is one of the two")
    elif options.prices and not reads_files:
        allowed = "allowed with --process replay or bootstrap"
        conflicts.append(f"{ORIGIN}: --prices: process {options.process!r} reads no price file: {allowed}")
    return conflicts


def _check_prices(files: Sequence[str], problems: Problems) -> None:
    if files:
        for file in files:
            problems.attempt(partial(read_prices, file), None)


def check_inputs(scenario: "Scenario", problems: Problems) -> None:
    """Read the edge list and, where there is no problem so far, accounts and a tape: files may not fit each other."""
    from model.state.account_book import settled  # noqa: PLC0415  # imports the model

    if scenario.exposure.graph == "file":
        names = scenario.protocol.names("protocol_")
        problems.attempt(partial(read_edges, scenario.exposure.file, names), None)
    if not problems.lines:
        whole = problems.attempt(partial(settled, scenario), scenario)
        problems.attempt(partial(draw_tape, whole, 0), None)


def _toml_value(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, date | datetime | time) else value
