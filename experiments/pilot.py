"""The pilot: what each protocol can expect to lose, from replications the comparison does not use.

Funds in proportion to expected loss, or to the expected shortfall of the loss, are the second isolated baseline. Their
sizes must not be taken from the runs they are judged by, so the pilot has replications, and therefore random streams,
of its own.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from experiments.cell import Cell, Estimate, needs_pilot
from experiments.configuration import PILOT, Plan
from experiments.crew import Crew
from experiments.worker import Run

if TYPE_CHECKING:
    from model.scenario import Scenario

LEAST, MOST = 4, 20


def pilot_replications(replications: int) -> int:
    """Return the length of the pilot: as many replications as the comparison has, between 4 and 20."""
    return max(LEAST, min(MOST, replications))


class Pilot(NamedTuple):
    """`estimate` per protocol, empty where no pilot was needed or none of its runs finished."""

    estimate: Estimate
    replications: tuple[int, ...]
    failed: tuple[Run, ...]


def run_pilot(plan: Plan, crew: Crew, stop: Callable[[], bool], advance: Callable[[], None]) -> Pilot:
    """Run the pilot of `plan`: isolated funds by open interest under the first regime.

    Parameters
    ----------
    plan : a checked plan.
    crew : who runs it.
    stop : read between runs.
    advance : called after every run.
    """
    if not needs_pilot(plan.scenario, plan.structures):
        return Pilot(Estimate(), (), ())
    replications = range(PILOT, PILOT + pilot_replications(plan.replications))
    finished: list[Run] = []
    failed: list[Run] = []
    for run in crew.replicate([_cell(plan.scenario, plan.regimes[0])], replications, stop):
        (finished if run.failure is None else failed).append(run)
        advance()
    members = plan.scenario.protocol.number
    level = plan.scenario.backstop.shortfall_level
    estimate = Estimate(expected_loss(finished, members), expected_shortfall(finished, members, level))
    return Pilot(estimate, tuple(replications), tuple(failed))


def expected_loss(runs: Sequence[Run], members: int) -> tuple[float, ...]:
    """Return (P,) mean loss that the backstop stands for, by member, USD >= 0; empty where there are no runs."""
    if not runs:
        return ()
    return tuple(fmean(run.summary[f"backstop_loss_{i}"] for run in runs) for i in range(members))


def expected_shortfall(runs: Sequence[Run], members: int, level: float) -> tuple[float, ...]:
    """Return (P,) expected shortfall at `level` of the same loss, USD >= 0; empty where there are no runs."""
    from model import risk  # noqa: PLC0415

    if not runs:
        return ()
    deficits = ([run.summary[f"backstop_loss_{i}"] for run in runs] for i in range(members))
    return tuple(float(risk.expected_shortfall(losses, level)) for losses in deficits)


def _cell(scenario: "Scenario", regime: str) -> Cell:
    axes = {
        "backstop.structure": "isolated",
        "backstop.regime": regime,
        "backstop.allotment": "open_interest",
    }
    return Cell("pilot", "isolated", regime, scenario.replace(axes))
