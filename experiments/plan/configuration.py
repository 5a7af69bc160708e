"""From the options of the command line to a plan that can be run, or to every problem that prevents it.

How options make a scenario is :mod:`experiments.plan.scenario_option`. Nothing is written to disk here.

:mod:`experiments.plan.notice` imports the model, and is imported only when a plan is made.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from experiments.plan.arrangement import Kept
from experiments.plan.identity import canonical
from experiments.plan.options import MOST, ConfigurationError, Options, Term, described_series, read_series, read_term
from experiments.plan.plug_in import read_reporters
from experiments.plan.resources import cores, free_path, place_problem
from experiments.plan.scenario_option import ORIGIN, Described, Problems, check_inputs, read_scenario
from model.scenario.problem import one_of
from model.scenario.registry import PREMIUMS, REGIMES, STRUCTURES

if TYPE_CHECKING:
    from model.scenario import Scenario

DEFAULT_STRUCTURES = ("isolated", "pooled", "reinsured")
REPLICATIONS = 100  # of each arrangement, unless said otherwise
BASELINES = ("isolated", "pooled")  # baselines of a structure that the scenario names
STRUCTURE, REGIME = "backstop.structure", "backstop.regime"
# The pilot's replications are numbered from here on, so its streams are disjoint from the comparison's.
PILOT = 1_000_000


class Plan(NamedTuple):
    """What is to be run, and where its results go; with `precision`, `replications` is how many at most."""

    scenario: "Scenario"
    structures: tuple[str, ...]
    regimes: tuple[str, ...]
    replications: int
    workers: int
    folder: Path
    precision: tuple[Term, ...] = ()
    premiums: tuple[str, ...] = ()  # None: the scenario's
    notices: tuple[str, ...] = ()  # a line for every setting that is overridden or has no effect
    kept: Kept = Kept()  # of a run: series, and what reporters say


def asked(plan: Plan) -> dict[str, Any]:
    """Return everything in `plan` that the results depend on."""
    return {
        "scenario": canonical(plan.scenario),
        "structures": plan.structures,
        "regimes": plan.regimes,
        "premiums": plan.premiums,
        "replications": plan.replications,
        "precision": [str(term) for term in plan.precision],
        "series": described_series(plan.kept.series),
        **plan.kept.described(),
    }


def plan(
    options: Options, usual: Sequence[str] = DEFAULT_STRUCTURES, searched: Sequence[str] = ()
) -> Plan:  # fmt: skip
    """Check `options` as a whole and return the plan.

    Parameters
    ----------
    options : what the user typed.
    usual : the structures where nobody names one.
    searched : parameters whose value the study looks for itself, so that a given one is not used.

    Raises
    ------
    ConfigurationError
        With every problem of the configuration, one line each.
    """
    from experiments.plan.notice import notes, notices  # noqa: PLC0415
    from model.state.account_book import settled  # noqa: PLC0415

    problems = Problems()
    described = read_scenario(options, problems)
    scenario = described.scenario
    structures = _axis("structure", options.structures or compared(described, usual, bool(options.preset)), problems)
    regimes = _axis("regime", options.regimes or (scenario.backstop.regime,), problems)
    premiums = _axis("premium", options.premiums, problems)
    workers = cores() if options.workers is None else options.workers
    folder = _folder(options, scenario)
    read = [problems.attempt(partial(read_term, text), None) for text in options.precision]
    precision = tuple(term for term in read if term)
    most = MOST if precision else REPLICATIONS
    replications = most if options.replications is None else options.replications
    kept = problems.attempt(partial(_kept, options), Kept())
    problems.lines += [*_count_problems(replications, workers), *_folder_problems(folder)]
    _finish(scenario, problems)
    scenario = settled(scenario)
    lines = notices(described, {"structure": structures, "regime": regimes, "premium": premiums}, searched=searched)
    lines += [line for line in notes(scenario, structures, premiums) if line.split()[0] not in " ".join(lines)]
    return Plan(
        scenario=scenario,
        structures=structures,
        regimes=regimes,
        replications=replications,
        workers=workers,
        folder=folder,
        precision=precision,
        premiums=premiums,
        notices=tuple(lines),
        kept=kept,
    )


def base(options: Options) -> Described:
    """Return the scenario that `options` describe, its files read and checked, with the source of each setting.

    Raises
    ------
    ConfigurationError
        With every problem of the scenario, one line each.
    """
    problems = Problems()
    described = read_scenario(options, problems)
    _finish(described.scenario, problems)
    return described


def compared(described: Described, usual: Sequence[str], always: bool = False) -> tuple[str, ...]:
    """Return the structures to compare: the `usual` ones, or the one the scenario names next to the baselines.

    A structure that is named but not among the usual ones, or with `always` any named one, comes first.
    """
    own = described.scenario.backstop.structure
    named = always or (STRUCTURE in described.given and own not in usual)
    return tuple(dict.fromkeys((own, *BASELINES))) if named else tuple(usual)


def _finish(scenario: "Scenario", problems: Problems) -> None:
    check_inputs(scenario, problems)
    if problems.lines:
        raise ConfigurationError(dict.fromkeys(problems.lines))


def _axis(name: str, values: Sequence[str], problems: Problems) -> tuple[str, ...]:
    allowed = {"structure": STRUCTURES, "regime": REGIMES, "premium": PREMIUMS}[name]
    for value in values:
        problems.attempt(partial(one_of, f"{ORIGIN}: --{name}:", value, tuple(allowed)), "")
    return tuple(dict.fromkeys(values))


def _kept(options: Options) -> Kept:
    """Return what the options say is kept of a run."""
    return Kept(read_series(options.series or True, f"{ORIGIN}: --series"), read_reporters(options.reporters))


def _count_problems(replications: int, workers: int) -> list[str]:
    problems = []
    if not 1 <= replications <= PILOT:
        problems.append(f"{ORIGIN}: --replications: {replications}: allowed is 1 to {PILOT}")
    if workers < 1:
        problems.append(f"{ORIGIN}: --workers: {workers}: allowed is 1 or more")
    return problems


def _folder(options: Options, scenario: "Scenario") -> Path:
    if options.out is not None:
        return Path(options.out)
    price = scenario.price
    label = price.episode if price.process == "episode" else price.process
    return free_path(Path("results") / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{label}")


def _folder_problems(folder: Path) -> list[str]:
    problem = place_problem(folder)
    return [f"{ORIGIN}: --out: {problem}"] if problem else []
