"""Callable capital: all that a structure may call before anybody else loses, by which structures are compared.

With capital K of the scenario, allotted as cᵢ, treasuries Tᵢ, skin in the game sᵢ = `protocol.skin_in_the_game` Tᵢ
and assessment powers of a c, callable are

    K + Σ sᵢ            all structures that hold capital,
    Σ cᵢ + min(Tᵢ, sᵢ + a cᵢ)    `mutual` that assesses treasuries beyond its capital,              (1)
    Σ sᵢ                `none`.

A run reports it as the metric `callable_capital`; (1) serves older folders, whose runs do not. Units: USD.
"""

import numpy as np

from model.scenario import Scenario
from model.scenario.registry import STRUCTURES
from model.state.initial import fund_sizes, skins, total_capital, treasuries

METRIC = "callable_capital"


def callable_capital(scenario: "Scenario") -> float:
    """Return (1), USD."""
    structure, treasury = STRUCTURES[scenario.backstop.structure], treasuries(scenario)
    skin = skins(scenario)
    if not structure.holds_capital:
        return float(skin.sum())
    total = total_capital(scenario)
    if not structure.mutual:
        return total + float(skin.sum())
    power = scenario.backstop.assessment * fund_sizes(scenario)
    return total + float(np.minimum(treasury, skin + power).sum())
