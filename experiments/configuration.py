"""From the words of the command line to a plan that can be run, or to every reason why not.

How options make a scenario is :mod:`experiments.scenario_option`. Nothing is written here, and nothing heavy is
imported before it is needed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from experiments.scenario_option import ORIGIN, Problems, check_inputs, read_scenario

if TYPE_CHECKING:
    from experiments.precision import Term
    from model.scenario import Scenario

DEFAULT_STRUCTURES = ("isolated", "pooled", "reinsured")
REPLICATIONS = 100  # of each cell, unless said otherwise
PRESET_STRUCTURES = ("isolated", "pooled")  # what a preset's own structure is compared with
# The pilot's replications are numbered from here on, so its streams are disjoint from the comparison's.
PILOT = 1_000_000


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
    replications: int | None = None
    seed: int | None = None
    workers: int | None = None
    out: str | None = None
    preset: str | None = None
    premiums: tuple[str, ...] = ()
    precision: tuple[str, ...] = ()


class Plan(NamedTuple):
    """What is to be run, and where its results go; with `precision`, `replications` is how many at most."""

    scenario: "Scenario"
    structures: tuple[str, ...]
    regimes: tuple[str, ...]
    replications: int
    workers: int
    folder: Path
    precision: tuple["Term", ...] = ()
    premiums: tuple[str, ...] = ()  # none: the scenario's


def plan(options: Options) -> Plan:
    """Check `options` as a whole and return the plan.

    Raises
    ------
    ConfigurationError
        With every problem of the configuration, one line each.
    """
    from experiments.precision import MOST, read_term  # noqa: PLC0415
    from experiments.provenance import cores  # noqa: PLC0415

    problems = Problems()
    scenario = read_scenario(options, problems)
    structures = _axis("structure", options.structures or _default_structures(options, scenario), problems)
    regimes = _axis("regime", options.regimes or (scenario.backstop.regime,), problems)
    premiums = _axis("premium", options.premiums, problems)
    workers = cores() if options.workers is None else options.workers
    folder = _folder(options, scenario)
    read = [problems.attempt(partial(read_term, text), None) for text in options.precision]
    precision = tuple(term for term in read if term)
    usual = MOST if precision else REPLICATIONS
    replications = usual if options.replications is None else options.replications
    problems.lines += [*_count_problems(replications, workers), *_folder_problems(folder)]
    check_inputs(scenario, problems)
    if problems.lines:
        raise ConfigurationError(dict.fromkeys(problems.lines))
    return Plan(scenario, structures, regimes, replications, workers, folder, precision, premiums)


def base_scenario(options: Options) -> "Scenario":
    """Return the scenario that `options` describe, its files read and found sound.

    Raises
    ------
    ConfigurationError
        With every problem of the scenario, one line each.
    """
    problems = Problems()
    scenario = read_scenario(options, problems)
    check_inputs(scenario, problems)
    if problems.lines:
        raise ConfigurationError(dict.fromkeys(problems.lines))
    return scenario


def _default_structures(options: Options, scenario: "Scenario") -> tuple[str, ...]:
    return (scenario.backstop.structure, *PRESET_STRUCTURES) if options.preset else DEFAULT_STRUCTURES


def _axis(name: str, values: Sequence[str], problems: Problems) -> tuple[str, ...]:
    from agents.premium import PREMIUMS  # noqa: PLC0415
    from model.scenario.backstop import REGIMES, STRUCTURES  # noqa: PLC0415
    from model.scenario.problem import one_of  # noqa: PLC0415

    allowed = {"structure": STRUCTURES, "regime": REGIMES, "premium": PREMIUMS}[name]
    for value in values:
        problems.attempt(partial(one_of, f"{ORIGIN}: --{name}:", value, tuple(allowed)), "")
    return tuple(dict.fromkeys(values))


def _count_problems(replications: int, workers: int) -> list[str]:
    found = []
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


def _folder_problems(folder: Path) -> list[str]:
    from experiments.result_folder import place_problem  # noqa: PLC0415

    problem = place_problem(folder)
    return [f"{ORIGIN}: --out: {problem}"] if problem else []
