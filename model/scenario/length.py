"""How long a run is, and which assets it trades, by what its prices come from."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from model.scenario.asset_name import file_names
from model.scenario.episode import EPISODES
from model.scenario.registry import PROCESSES
from model.scenario.section.price import PriceSection

MINUTES_A_DAY = 1440


class Timed(Protocol):
    """What tells how long a run is: a :class:`model.scenario.Scenario`."""

    @property
    def price(self) -> PriceSection:
        """Where prices come from."""

    @property
    def minutes(self) -> float:
        """Length of a step."""

    @property
    def steps(self) -> int | None:
        """Length of the run in steps; none: its natural one."""


def asset_names(scenario: Timed) -> tuple[str, ...]:
    """Return the names of the assets traded in `scenario`: declared, the episode's, or one per price file."""
    return _NAMES[PROCESSES[scenario.price.process].origin](scenario)


def natural_steps(scenario: Timed) -> int:
    """Return the steps of a run whose length is not given.

    An episode runs to its end, a replay to the end of its files or of a day, whichever is first, anything
    else a day. Reads the price files of a replay, and so raises :class:`model.price.reader.file.PriceFileError`
    where they are faulty.
    """
    return max(1, int(_natural_minutes(scenario) / scenario.minutes))


def horizon(scenario: Timed) -> int:
    """Return the steps of the run: the scenario's, or the natural ones where it leaves them open."""
    return natural_steps(scenario) if scenario.steps is None else int(scenario.steps)


def _natural_minutes(scenario: Timed) -> float:
    return _MINUTES.get(scenario.price.process, lambda _: MINUTES_A_DAY)(scenario)


def _episode_minutes(scenario: Timed) -> float:
    return EPISODES[scenario.price.episode].minutes


def _replay_minutes(scenario: Timed) -> float:
    return min(import_module("model.price.process.replay").minutes_on_file(scenario), MINUTES_A_DAY)


def _file_names(scenario: Timed) -> tuple[str, ...]:
    return file_names(scenario.price.files, scenario.price.names)


_NAMES: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "declared": lambda scenario: scenario.asset.name,
    "episode": lambda scenario: EPISODES[scenario.price.episode].assets,
    "files": _file_names,
}
_MINUTES: dict[str, Callable[[Any], float]] = {"episode": _episode_minutes, "replay": _replay_minutes}
