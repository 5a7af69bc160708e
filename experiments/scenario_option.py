"""From the options that describe a scenario to the scenario, every problem gathered on the way.

Precedence, lowest first: the defaults of the parameters; the scenario file, or without one the episode of
10 October 2025; the preset; the options; ``--set``.
"""

import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.configuration import Options
    from model.preset import Preset
    from model.scenario import Scenario

DEFAULT_PRICES = {"price.process": "episode", "price.episode": "2025-10-10"}
ORIGIN = "command line"


class Problems:
    """Lines gathered while checking goes on."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attempt[Result](self, action: Callable[[], Result], otherwise: Result) -> Result:
        """Return the result of `action`, or note its problems and return `otherwise`."""
        try:
            return action()
        except ValueError as error:
            self.lines += getattr(error, "problems", None) or [str(error)]
            return otherwise


def read_scenario(options: "Options", problems: Problems) -> "Scenario":
    """Return the scenario that `options` describe, or as near to it as one comes, what is wrong noted in `problems`."""
    from model.scenario import Scenario  # noqa: PLC0415
    from model.world import scenario_path  # noqa: PLC0415

    base = Scenario().replace({} if options.scenario else DEFAULT_PRICES)
    if options.scenario:
        base = problems.attempt(partial(Scenario.from_toml, scenario_path(options.scenario)), base)
    pairs = [problems.attempt(partial(parse_setting, text), None) for text in options.settings]
    settings = dict(pair for pair in pairs if pair)
    preset = problems.attempt(partial(_preset, options.preset), None)
    changes = {**(preset.changes if preset else {}), **_price_changes(options, base, problems), **settings}
    if options.seed is not None:
        changes = {"seed": options.seed, **changes}
    origin = f"{ORIGIN} with preset {preset.name}" if preset else ORIGIN
    changed = problems.attempt(partial(base.replace, changes, origin=origin), base)
    _check_prices(changed.price.files or options.prices, problems)
    return changed


def _preset(name: str | None) -> "Preset | None":
    """Return the preset asked for, if any; ValueError where there is none of that name."""
    from model.preset import load_preset, preset_names  # noqa: PLC0415
    from model.scenario.problem import one_of  # noqa: PLC0415

    return load_preset(one_of(f"{ORIGIN}: --preset:", name, preset_names())) if name else None


def parse_setting(text: str) -> tuple[str, Any]:
    """Split ``name=value``; the value is read as TOML, and as text where it is none or a date.

    Raises
    ------
    ValueError
        Where there is no name or no ``=``.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals):
        raise ValueError(f"{ORIGIN}: --set: {text!r}: allowed is NAME=VALUE, such as backstop.capital_ratio=0.02")
    return name, _toml_value(value)


def _price_changes(options: "Options", base: "Scenario", problems: Problems) -> dict[str, Any]:
    from model.process import PROCESSES  # noqa: PLC0415

    changes: dict[str, Any] = {}
    if options.episode:
        changes = {"price.process": "episode", "price.episode": options.episode}
    if options.prices:
        kept = base.price.process if PROCESSES[base.price.process].needs_files else "replay"
        changes |= {"price.process": kept, "price.files": options.prices}
    if options.process:
        changes["price.process"] = options.process
    process = PROCESSES.get(changes.get("price.process", base.price.process))
    problems.lines += _price_conflicts(options, process is None or process.needs_files)
    return changes


def _price_conflicts(options: "Options", reads_files: bool) -> list[str]:
    found = []
    if options.episode and (options.prices or options.process not in (None, "episode")):
        other = "--prices" if options.prices else f"--process {options.process}"
        found.append(f"{ORIGIN}: --episode: {options.episode!r} together with {other}: allowed is one of the two")
    elif options.prices and not reads_files:
        allowed = "allowed with --process replay or bootstrap"
        found.append(f"{ORIGIN}: --prices: process {options.process!r} reads no price file: {allowed}")
    return found


def _check_prices(files: Sequence[str], problems: Problems) -> None:
    if files:
        from model.price_file import read_prices  # noqa: PLC0415

        for file in files:
            problems.attempt(partial(read_prices, file), None)


def check_inputs(scenario: "Scenario", problems: Problems) -> None:
    """Read the edge list, and where all else is well draw one tape: files may not fit each other."""
    from model.edge_list import read_edges  # noqa: PLC0415
    from model.tape import draw_tape  # noqa: PLC0415

    if scenario.exposure.graph == "file":
        names = [f"protocol_{i}" for i in range(scenario.protocol.number)]
        problems.attempt(partial(read_edges, scenario.exposure.file, names), None)
    if not problems.lines:
        problems.attempt(partial(draw_tape, scenario, 0), None)


def _toml_value(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if isinstance(value, date | datetime | time) else value
