"""Notices: a line for every setting that is overridden or has no effect, printed before a run begins.

A parameter that the user set either takes effect or is named here. It may be overridden by a later source (the scenario
file by the preset, both by the command line) or by an option that says which values are compared, or it may belong to a
process or structure that is not run. Defaults are never named.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.plan.arrangement import second_allotment
from experiments.plan.scenario_option import Described, unnamed_prices
from model.network.contagion import debt_warnings
from model.scenario import Scenario
from model.scenario.check.alike import alike_structures
from model.scenario.check.inert import inert_choices
from model.scenario.check.unused import unused
from model.scenario.parameter import Value
from model.state.account_book import account_notes

AXES = {"structure": "backstop.structure", "regime": "backstop.regime", "premium": "reinsurance.premium"}
FROM_FILES = ("replay", "bootstrap")
DECLARED = ("gbm", "garch", "jump_diffusion", "noise_demand", "stochastic_volatility")
DRIFTING = ("gbm", "garch", "jump_diffusion", "stochastic_volatility")
# The processes that read a price parameter; all others are read by all.
PROCESS_OF: dict[str, tuple[str, ...]] = {
    "asset.initial_price": DECLARED,
    "price.episode": ("episode",),
    "price.severity": ("episode",),
    "price.severity_dispersion": ("episode",),
    "price.severity_correlation": ("episode",),
    "price.files": FROM_FILES,
    "price.names": FROM_FILES,
    "price.start": FROM_FILES,
    "price.longest_wick": FROM_FILES,
    "price.block_length": ("bootstrap",),
    "price.fundamental_share": ("episode", "replay"),
    "price.bridge_volatility": ("episode", *FROM_FILES),
    "price.drift": DRIFTING,
    "price.garch_alpha": ("garch",),
    "price.garch_beta": ("garch",),
    "price.degrees_of_freedom": ("garch",),
    "price.jump_intensity": ("jump_diffusion",),
    "price.jump_mean": ("jump_diffusion",),
    "price.jump_sd": ("jump_diffusion",),
    "price.demand_persistence": ("noise_demand",),
    "price.demand_sd": ("noise_demand",),
    "price.volatility_excess": ("stochastic_volatility",),
    "price.slow_sd": ("stochastic_volatility",),
    "price.slow_half_life": ("stochastic_volatility",),
    "price.fast_sd": ("stochastic_volatility",),
    "price.fast_half_life": ("stochastic_volatility",),
}
# The only structure that reads a parameter.
STRUCTURE_OF: dict[str, str] = {
    "backstop.pooled_share": "partial",
    "backstop.capped_share": "capped",
    "backstop.sublimit": "capped",
    "backstop.sublimit_window": "capped",
    "backstop.clusters": "clustered",
    "backstop.cluster": "clustered",
    "backstop.ceded_share": "reinsured",
    "backstop.quota_share": "reinsured",
    "backstop.retention": "reinsured",
    "backstop.limit": "reinsured",
    "backstop.reinstatements": "reinsured",
    "backstop.reinstatement_premium": "reinsured",
    "backstop.stop_loss_retention": "reinsured",
    "backstop.stop_loss_limit": "reinsured",
    "backstop.assessment": "mutual",
}


def notices(
    described: Described, axes: Mapping[str, Sequence[str]], moved: Sequence[str] = (), searched: Sequence[str] = ()
) -> list[str]:
    """Return a line for every setting that is overridden or has no effect.

    Parameters
    ----------
    described : the scenario and the source of each setting.
    axes : values compared of ``structure``, ``regime`` and ``premium``; empty: the scenario's own.
    moved : fields that a design moves, so that their value in the scenario is only where it starts.
    searched : fields whose value the study determines itself.
    """
    given = described.given
    return [
        *_unnamed(described),
        *_overridden(described),
        *_not_run(described, axes),
        *_inert(described, axes, moved),
        *_allotted(described, axes.get("structure", ())),
        *account_notes(described.scenario),
        *(f"{_named(described, name)} is searched: this value is not used" for name in searched if name in given),
    ]


def design_notices(described: Described, moved: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the notices of a design: those of its base, and a line for every setting that it moves."""
    axes = {axis: [str(value) for value in moved[name]] for axis, name in AXES.items() if name in moved}
    away = [
        f"{_named(described, name)} is where the design moves: run are its values {_text(list(values))}"
        for name, values in moved.items()
        if name in described.given and name not in AXES.values()
    ]
    return [*notices(described, axes, tuple(moved)), *away]


def _unnamed(described: Described) -> Iterator[str]:
    filed = described.layers[0] if described.layers else None
    if not filed or not filed.origin or "price.process" in described.given or not unnamed_prices(filed.values):
        return
    price = described.scenario.price
    what = f"the episode {price.episode} stays" if price.process == "episode" else "its price files are replayed"
    yield f"{filed.origin} names no price.process: {what}"


def _overridden(described: Described) -> Iterator[str]:
    """Yield a line for a value that a later source replaced by another."""
    held: dict[str, tuple[Any, str]] = {}
    for layer in described.layers:
        for name, value in layer.values.items():
            before, origin = held.get(name, (value, ""))
            if not _alike(before, value):
                yield f"{name} = {_text(before)} ({origin}) gives way to {_text(value)} ({layer.origin})"
            held[name] = value, layer.origin


def _not_run(described: Described, axes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for axis, values in axes.items():
        name = AXES[axis]
        if values and name in described.given and value_at(described.scenario, name) not in values:
            yield f"{_named(described, name)} is not run: compared are {', '.join(values)}"


def _inert(described: Described, axes: Mapping[str, Sequence[str]], moved: Sequence[str]) -> Iterator[str]:
    scenario, given = described.scenario, described.given
    process = scenario.price.process
    if "price.process" not in moved:
        for name, processes in PROCESS_OF.items():
            if name in given and process not in processes:
                yield _does_nothing(described, name, f"process {process}; it acts with {' or '.join(processes)}")
    structures = axes.get("structure") or (scenario.backstop.structure,)
    for name, structure in STRUCTURE_OF.items():
        if name in given and structure not in structures:
            yield _does_nothing(described, name, f"{', '.join(structures)}; it acts with structure {structure}")


def _allotted(described: Described, structures: Sequence[str]) -> Iterator[str]:
    """Yield how ``isolated`` is sized where the scenario sets its allotment."""
    backstop, given = described.scenario.backstop, described.given
    if "isolated" not in structures:
        return
    allotment, second = backstop.allotment, second_allotment(described.scenario)
    if allotment != "open_interest" and "backstop.allotment" in given:
        yield f"backstop.allotment = {allotment}: isolated has it as a second size, next to one by open interest"
    if getattr(backstop, second) and f"backstop.{second}" in given:
        yield f"backstop.{second} as given ({given[f'backstop.{second}']}) sizes the second isolated: no pilot is run"


def value_at(scenario: "Scenario", name: str) -> Value:
    """Return the value of a dotted name."""
    value: Any = scenario
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _does_nothing(described: Described, name: str, why: str) -> str:
    return f"{_named(described, name)} does nothing with {why}"


def _named(described: Described, name: str) -> str:
    """Return a parameter with its value and its source."""
    return f"{name} = {_text(value_at(described.scenario, name))} ({described.given[name]})"


def _alike(first: Any, second: Any) -> bool:
    return _plain(first) == _plain(second)


def _plain(value: Any) -> list[Any]:
    return list(value) if isinstance(value, tuple | list) else [value]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def notes(scenario: "Scenario", structures: Sequence[str] = (), premiums: Sequence[str] = ()) -> list[str]:
    """Return the notices of a scenario itself, in all structures and premium rules compared."""
    compared = [
        scenario.replace({"backstop.structure": structure, "reinsurance.premium": premium})
        for structure in structures or (scenario.backstop.structure,)
        for premium in premiums or (scenario.reinsurance.premium,)
    ]
    return [
        *inert_choices(*compared),
        *alike_structures(scenario, structures),
        *unused(scenario),
        *debt_warnings(scenario),
    ]
