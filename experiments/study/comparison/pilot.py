"""The pilot: each protocol's expected loss, from replications the comparison does not use.

Funds in proportion to expected loss, or to the expected shortfall of the loss, are the second isolated baseline. Their
sizes must not be taken from the runs they are judged by, so the pilot has replications, and therefore random streams,
of its own.

A pilot is short, and a comparison takes its sizes as given: intervals hold for funds of these sizes, not of the right
ones. How far off the sizes are is reported: with s_i the share of member i in the capital and s_i* its share by a pilot
resampled from the runs of this one, the share of the capital that is allotted otherwise,

    E ½ Σ_i |s_i* − s_i|,                                                                       (1)

which estimates the same of this pilot against one without end (the bootstrap; Efron 1979).
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.plan.arrangement import SHORTFALL, Arrangement, Estimate, needs_pilot
from experiments.plan.configuration import PILOT, Plan
from experiments.results.run import Run
from experiments.run.executor import RunSource
from model.measure import risk

if TYPE_CHECKING:
    from model.scenario import Scenario

LEAST, MOST = 4, 20
RESAMPLES, RESAMPLING = 200, 20_251_010


def pilot_replications(replications: int) -> int:
    """Return the length of the pilot: as many replications as the comparison has, between 4 and 20."""
    return max(LEAST, min(MOST, replications))


def extends(plan: Plan, before: int) -> bool:
    """Return whether the runs of `plan` with `before` replications are among those of `plan`: its pilot is the same."""
    same = pilot_replications(before) == pilot_replications(plan.replications)
    return same or not needs_pilot(plan.scenario, plan.structures)


class Pilot(NamedTuple):
    """`estimate` per protocol, empty where no pilot was needed or none of its runs finished.

    `misplaced` is the share of the capital, equation (1), by either estimate; None where nothing was lost.
    """

    estimate: Estimate
    replications: tuple[int, ...]
    failed: tuple[Run, ...]
    misplaced: dict[str, float | None]


def run_pilot(plan: Plan, executor: RunSource, stop: Callable[[], bool], advance: Callable[[], None]) -> Pilot:
    """Run the pilot of `plan`: isolated funds by open interest under the first regime.

    Parameters
    ----------
    plan : a checked plan.
    executor : runs the replications.
    stop : read between runs.
    advance : called after every run.
    """
    if not needs_pilot(plan.scenario, plan.structures):
        return Pilot(Estimate(), (), (), {})
    replications = range(PILOT, PILOT + pilot_replications(plan.replications))
    finished: list[Run] = []
    failed: list[Run] = []
    for run in executor.replicate([_arrangement(plan.scenario, plan.regimes[0])], replications, stop):
        (finished if run.failure is None else failed).append(run)
        advance()
    members = plan.scenario.protocol.number
    level = plan.scenario.backstop.shortfall_level
    estimate = Estimate(expected_loss(finished, members), expected_shortfall(finished, members, level))
    by = {
        "expected_loss": misplaced(finished, lambda runs: expected_loss(runs, members)),
        "expected_shortfall": misplaced(finished, lambda runs: expected_shortfall(runs, members, level)),
    }
    return Pilot(estimate, tuple(replications), tuple(failed), by)


def expected_loss(runs: Sequence[Run], members: int) -> tuple[float, ...]:
    """Return (P,) mean loss that the backstop stands for, by member, USD >= 0; empty where there are no runs."""
    if not runs:
        return ()
    return tuple(fmean(run.summary[f"backstop_loss_{i}"] for run in runs) for i in range(members))


def expected_shortfall(runs: Sequence[Run], members: int, level: float) -> tuple[float, ...]:
    """Return (P,) expected shortfall at `level` of the same loss, USD >= 0; empty where there are no runs."""
    if not runs:
        return ()
    deficits = ([run.summary[f"backstop_loss_{i}"] for run in runs] for i in range(members))
    return tuple(float(risk.expected_shortfall(losses, level)) for losses in deficits)


def misplaced(runs: Sequence[Run], estimate: Callable[[Sequence[Run]], tuple[float, ...]]) -> float | None:
    """Return the share (1) of capital that is allotted in proportion to `estimate` of the runs."""
    estimated = np.array(estimate(runs))
    if not estimated.any():
        return None
    drawn = np.random.default_rng(RESAMPLING).integers(0, len(runs), (RESAMPLES, len(runs)))
    again = np.array([estimate([runs[r] for r in row]) for row in drawn])
    again = again[again.any(axis=1)]
    shares, own = again / again.sum(axis=1, keepdims=True), estimated / estimated.sum()
    return float(np.abs(shares - own).sum(axis=1).mean() / 2.0) if len(again) else None


def used(allotment: str) -> str:
    """Return the estimate by which funds are sized under the scenario's `allotment`."""
    return SHORTFALL if allotment == SHORTFALL else "expected_loss"


def doubt(replications: int, share: float | None) -> str:
    """Return the notice on funds sized by a pilot of `replications`, with a `share` of the capital misplaced."""
    if share is None:
        return f"no loss in {replications} pilot replications: funds by expected loss stand by open interest"
    return (
        f"funds sized by {replications} pilot replications have some {share:.0%} of their capital where an endless "
        "pilot would not put it; intervals hold for these sizes and do not contain that"
    )


def _arrangement(scenario: "Scenario", regime: str) -> Arrangement:
    axes = {
        "backstop.structure": "isolated",
        "backstop.regime": regime,
        "backstop.allotment": "open_interest",
    }
    return Arrangement("pilot", "isolated", regime, scenario.replace(axes))
