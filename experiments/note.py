"""What a reader must know before a run: choices that do nothing, what is alike, never used or cannot be paid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.scenario import Scenario


def notes(scenario: "Scenario", structures: Sequence[str] = (), premiums: Sequence[str] = ()) -> list[str]:
    """Return a line for everything worth knowing of a scenario, in all structures and premium rules compared."""
    from model.contagion import debt_warnings  # noqa: PLC0415
    from model.scenario.alike import alike_structures  # noqa: PLC0415
    from model.scenario.inert import inert_choices  # noqa: PLC0415
    from model.scenario.unused import unused  # noqa: PLC0415

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
