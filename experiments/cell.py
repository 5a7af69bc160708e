"""A cell of a comparison: one structure with one loss regime, in a scenario of its own.

All cells of a comparison share everything but who holds the capital and who pays the residual.
``isolated`` appears twice, because a pool also wins merely by repairing funds of the wrong size: once with
funds in proportion to open interest and, as ``isolated_by_loss``, once with the same capital in proportion to
the loss each protocol expects. That expectation comes from a pilot of replications that the comparison does
not use.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from model.scenario import Scenario

BY_LOSS = "isolated_by_loss"


class Cell(NamedTuple):
    """One column of the comparison: its name, its two axes and the scenario that is run."""

    name: str
    structure: str
    regime: str
    scenario: "Scenario"


def cells(
    scenario: "Scenario", structures: Sequence[str], regimes: Sequence[str], expected_loss: Sequence[float]
) -> tuple[Cell, ...]:
    """Every structure under every regime, in the order given.

    Parameters
    ----------
    scenario : what all cells share.
    structures, regimes : names, each once.
    expected_loss : (P,) USD per protocol >= 0; sizes the funds of ``isolated_by_loss``, in proportion to open
        interest where nothing at all is expected to be lost.
    """
    found = []
    for regime in regimes:
        for name, structure, changes in _variants(structures, expected_loss):
            axes = {"backstop.structure": structure, "backstop.regime": regime}
            label = name if len(regimes) == 1 else f"{name}/{regime}"
            found.append(Cell(label, structure, regime, scenario.replace({**axes, **changes})))
    return tuple(found)


def needs_pilot(structures: Sequence[str]) -> bool:
    """Whether funds have to be sized by expected loss."""
    return "isolated" in structures


def _variants(
    structures: Sequence[str], expected_loss: Sequence[float]
) -> Iterator[tuple[str, str, dict[str, object]]]:
    by_interest: dict[str, object] = {"backstop.allotment": "open_interest"}
    by_loss: dict[str, object] = {
        "backstop.allotment": "expected_loss",
        "backstop.expected_loss": tuple(expected_loss),
    }
    for structure in structures:
        if structure != "isolated":
            yield structure, structure, {}
            continue
        yield structure, structure, by_interest
        yield BY_LOSS, structure, by_loss if sum(expected_loss) > 0 else by_interest
