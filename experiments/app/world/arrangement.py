"""An arrangement: who holds the capital and who pays when it runs out, on one side of the page.

Structures and regimes come from their registries, presets from :mod:`model.scenario.preset`, so that a new one
appears on the page by itself.
"""

from typing import Any, NamedTuple

from model.scenario import Scenario
from model.scenario.preset import load_preset, preset_names
from model.scenario.registry import REGIMES, STRUCTURES

NO_PRESET = ""


class Arrangement(NamedTuple):
    """One side: a structure and a regime, or a preset that sets both and more."""

    structure: str
    regime: str
    preset: str = NO_PRESET

    @property
    def title(self) -> str:
        """What the side is called."""
        return readable(self.preset) if self.preset else f"{readable(self.structure)} · {readable(self.regime)}"

    def changes(self) -> dict[str, Any]:
        """Return what the side changes in the shared scenario, by dotted name."""
        if self.preset:
            return preset_changes(self.preset)
        return {"backstop.structure": self.structure, "backstop.regime": self.regime}

    def scenario(self, shared: Scenario) -> Scenario:
        """Return the side's scenario; raises ScenarioError."""
        return shared.replace(self.changes(), "arrangement")


def readable(name: str) -> str:
    """Return a registry name as a person would write it: ``socialized_loss`` → ``socialized loss``."""
    return name.replace("_", " ")


def structures() -> tuple[str, ...]:
    """Return the names of all structures."""
    return tuple(STRUCTURES)


def regimes() -> tuple[str, ...]:
    """Return the names of all loss regimes."""
    return tuple(REGIMES)


def presets() -> tuple[str, ...]:
    """Return the names of all presets."""
    return preset_names()


def preset_changes(name: str) -> dict[str, Any]:
    """Return what the preset changes in a scenario, by dotted name; KeyError where there is no such preset."""
    return load_preset(name).changes
