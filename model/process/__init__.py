"""The processes of the fundamental prices, one short class to a file.

A new process is a class with ``draw(scenario, streams)`` (see :class:`model.process.path.PriceProcess`) and
one line of :data:`PROCESSES`. The classes are named as text and loaded when first used: the names are
needed to check a configuration, their numerical libraries are not.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from agents.registry import find
from model.asset_name import file_names
from model.episode import EPISODES

if TYPE_CHECKING:
    from model.process.path import PriceProcess


class Registration(NamedTuple):
    """Where a process lives, and where its assets and its natural length come from."""

    module: str
    kind: str
    origin: str
    needs_files: bool = False


PROCESSES = {
    "gbm": Registration("model.process.gbm", "GeometricBrownianMotion", "declared"),
    "garch": Registration("model.process.garch", "Garch", "declared"),
    "jump_diffusion": Registration("model.process.jump_diffusion", "JumpDiffusion", "declared"),
    "noise_demand": Registration("model.process.noise_demand", "NoiseDemand", "declared"),
    "stochastic_volatility": Registration("model.process.stochastic_volatility", "StochasticVolatility", "declared"),
    "bootstrap": Registration("model.process.bootstrap", "Bootstrap", "files", needs_files=True),
    "replay": Registration("model.process.replay", "Replay", "files", needs_files=True),
    "episode": Registration("model.process.episode", "EpisodePrice", "episode"),
}
MINUTES_A_DAY = 1440


def process_named(name: str) -> "PriceProcess":
    """Return the process registered as `name`; KeyError where there is none."""
    registered = PROCESSES[name]
    return cast("PriceProcess", find(f"{registered.module}:{registered.kind}")())


def asset_names(scenario: Any) -> tuple[str, ...]:
    """Return the names of the assets traded in `scenario`: declared, the episode's, or one per price file."""
    return _NAMES[PROCESSES[scenario.price.process].origin](scenario)


def natural_steps(scenario: Any) -> int:
    """Return the steps of a run whose length is not given.

    An episode runs to its end, a replay to the end of its files or of a day, whichever is first, anything
    else a day. Reads the price files of a replay, and so raises :class:`model.price_file.PriceFileError`
    where they are faulty.
    """
    return max(1, int(_natural_minutes(scenario) / scenario.minutes))


def horizon(scenario: Any) -> int:
    """Return the steps of the run: the scenario's, or the natural ones where it leaves them open."""
    return natural_steps(scenario) if scenario.steps is None else int(scenario.steps)


def _natural_minutes(scenario: Any) -> float:
    return _MINUTES.get(scenario.price.process, lambda _: MINUTES_A_DAY)(scenario)


def _episode_minutes(scenario: Any) -> float:
    return EPISODES[scenario.price.episode].minutes


def _replay_minutes(scenario: Any) -> float:
    return min(import_module("model.process.replay").minutes_on_file(scenario), MINUTES_A_DAY)


def _file_names(scenario: Any) -> tuple[str, ...]:
    return file_names(scenario.price.files, scenario.price.names)


_NAMES: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "declared": lambda scenario: scenario.asset.name,
    "episode": lambda scenario: EPISODES[scenario.price.episode].assets,
    "files": _file_names,
}
_MINUTES: dict[str, Callable[[Any], float]] = {"episode": _episode_minutes, "replay": _replay_minutes}
