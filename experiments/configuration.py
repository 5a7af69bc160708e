"""From the words of the command line to a plan that can be run, or to every reason why not.

Precedence, lowest first: the defaults of the parameters; the scenario file, or without one the episode of
10 October 2025; the preset; the options; ``--set``. Nothing is written here, and nothing heavy is imported before it is
needed.
"""

import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from model.preset import Preset
    from model.scenario import Scenario

DEFAULT_STRUCTURES = ("isolated", "pooled", "reinsured")
PRESET_STRUCTURES = ("isolated", "pooled")  # what a preset's own structure is compared with
DEFAULT_PRICES = {"price.process": "episode", "price.episode": "2025-10-10"}
# The pilot's replications are numbered from here on, so its streams are disjoint from the comparison's.
PILOT = 1_000_000
ORIGIN = "command line"


class ConfigurationError(ValueError):
    """A configuration that cannot be run; `problems` holds one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Options(NamedTuple):
    """What the user typed; None or empty where nothing was."""

    prices: tuple[str, ...] = ()
    process: str | None = None
    episode: str | None = None
    scenario: str | None = None
    settings: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    regimes: tuple[str, ...] = ()
    replications: int = 100
    seed: int | None = None
    workers: int | None = None
    out: str | None = None
    preset: str | None = None
    premiums: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What is to be run, and where its results go."""

    scenario: "Scenario"
    structures: tuple[str, ...]
    regimes: tuple[str, ...]
    replications: int
    workers: int
    folder: Path
    premiums: tuple[str, ...] = ()  # none: the scenario's


class _Problems:
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


def plan(options: Options) -> Plan:
    """Check `options` as a whole and return the plan.

    Raises
    ------
    ConfigurationError
        With every problem of the configuration, one line each.
    """
    from experiments.provenance import cores  # noqa: PLC0415

    problems = _Problems()
    scenario = _scenario(options, problems)
    structures = _axis("structure", options.structures or _default_structures(options, scenario), problems)
    regimes = _axis("regime", options.regimes or (scenario.backstop.regime,), problems)
    premiums = _axis("premium", options.premiums, problems)
    workers = cores() if options.workers is None else options.workers
    folder = _folder(options, scenario)
    problems.lines += _other_problems(options.replications, workers, folder)
    _check_inputs(scenario, problems)
    if problems.lines:
        raise ConfigurationError(dict.fromkeys(problems.lines))
    return Plan(scenario, structures, regimes, options.replications, workers, folder, premiums)


def base_scenario(options: Options) -> "Scenario":
    """Return the scenario that `options` describe, its files read and found sound.

    Raises
    ------
    ConfigurationError
        With every problem of the scenario, one line each.
    """
    problems = _Problems()
    scenario = _scenario(options, problems)
    _check_inputs(scenario, problems)
    if problems.lines:
        raise ConfigurationError(dict.fromkeys(problems.lines))
    return scenario


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


def _scenario(options: Options, problems: _Problems) -> "Scenario":
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


def _default_structures(options: Options, scenario: "Scenario") -> tuple[str, ...]:
    return (scenario.backstop.structure, *PRESET_STRUCTURES) if options.preset else DEFAULT_STRUCTURES


def _price_changes(options: Options, base: "Scenario", problems: _Problems) -> dict[str, Any]:
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


def _price_conflicts(options: Options, reads_files: bool) -> list[str]:
    found = []
    if options.episode and (options.prices or options.process not in (None, "episode")):
        other = "--prices" if options.prices else f"--process {options.process}"
        found.append(f"{ORIGIN}: --episode: {options.episode!r} together with {other}: allowed is one of the two")
    elif options.prices and not reads_files:
        allowed = "allowed with --process replay or bootstrap"
        found.append(f"{ORIGIN}: --prices: process {options.process!r} reads no price file: {allowed}")
    return found


def _check_prices(files: Sequence[str], problems: _Problems) -> None:
    if files:
        from model.price_file import read_prices  # noqa: PLC0415

        for file in files:
            problems.attempt(partial(read_prices, file), None)


def _check_inputs(scenario: "Scenario", problems: _Problems) -> None:
    """Read the edge list, and where all else is well draw one tape: files may not fit each other."""
    from model.edge_list import read_edges  # noqa: PLC0415
    from model.tape import draw_tape  # noqa: PLC0415

    if scenario.exposure.graph == "file":
        names = [f"protocol_{i}" for i in range(scenario.protocol.number)]
        problems.attempt(partial(read_edges, scenario.exposure.file, names), None)
    if not problems.lines:
        problems.attempt(partial(draw_tape, scenario, 0), None)


def _axis(name: str, values: Sequence[str], problems: _Problems) -> tuple[str, ...]:
    from agents.premium import PREMIUMS  # noqa: PLC0415
    from model.scenario.backstop import REGIMES, STRUCTURES  # noqa: PLC0415
    from model.scenario.problem import one_of  # noqa: PLC0415

    allowed = {"structure": STRUCTURES, "regime": REGIMES, "premium": PREMIUMS}[name]
    for value in values:
        problems.attempt(partial(one_of, f"{ORIGIN}: --{name}:", value, tuple(allowed)), "")
    return tuple(dict.fromkeys(values))


def _other_problems(replications: int, workers: int, folder: Path) -> list[str]:
    from experiments.result_folder import place_problem  # noqa: PLC0415

    found = [f"{ORIGIN}: --out: {problem}" for problem in [place_problem(folder)] if problem]
    if not 1 <= replications <= PILOT:
        found.append(f"{ORIGIN}: --replications: {replications}: allowed is 1 to {PILOT}")
    if workers < 1:
        found.append(f"{ORIGIN}: --workers: {workers}: allowed is 1 or more")
    return found


def _folder(options: Options, scenario: "Scenario") -> Path:
    from experiments.result_folder import free_path  # noqa: PLC0415

    if options.out is not None:
        return Path(options.out)
    price = scenario.price
    label = price.episode if price.process == "episode" else price.process
    return free_path(Path("results") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{label}")


def _toml_value(text: str) -> Any:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if isinstance(value, date | datetime | time) else value
