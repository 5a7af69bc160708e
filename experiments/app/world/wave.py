"""A wave of liquidations: steps in a row in which positions are liquidated, and what came of them.

A wave begins with the first step in which anything is liquidated and ends before ``QUIET`` steps without. Money is in
millions of USD.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from experiments.app.world.snapshot import MILLION
from experiments.app.world.trace import LAYERS, STRATEGY_NAMES
from experiments.app.world.world import Side

QUIET = 5
STRUCK = ("liquidated", "liquidations", "deficit", "vault_deficit")
Array = np.ndarray


class Wave(NamedTuple):
    """One wave on one side; every list is over protocols but `layers` and `bearers`."""

    first: int
    last: int
    liquidated: list[float]  # $M
    longs: float  # share of longs in what was liquidated
    positions: list[float]
    deficit: list[float]  # $M
    vault_deficit: list[float]  # $M of it, lost by vaults that were closed
    layers: list[tuple[str, float]]  # $M paid
    bearers: list[tuple[str, float]]  # $M of the rest, by strategy of who bore it
    accounts: int  # accounts that bore any so far


def bounds(flow: Array, step: int) -> tuple[int, int] | None:
    """Return first and last step of the wave at or nearest to `step` in `flow`, (steps,) USD; None without any."""
    struck = np.flatnonzero(flow > 0)
    if not len(struck):
        return None
    groups = np.split(struck, np.flatnonzero(np.diff(struck) > QUIET) + 1)
    nearest = min(groups, key=lambda group: int(np.abs(group - step).min()))
    return int(nearest[0]), int(nearest[-1])


def meant(sides: Iterable[Side], first: int, bar: int, step: int) -> int:
    """Return the busiest step of the bar at `step`, where each bar sums `bar` steps from `first` on.

    Parameters
    ----------
    sides : both worlds.
    first : step at which the first bar begins.
    bar : steps it sums.
    step : that was clicked at.
    """
    start = first + max(step - first, 0) // bar * bar
    flow = sum(side.ecosystem.record.total("liquidated", side.ecosystem.clock)[start : start + bar] for side in sides)
    return start + int(np.argmax(flow)) if np.any(flow) else step


def largest(side: Side) -> list[int]:
    """Return the steps at which the largest waves peak, five at most, in order of time."""
    flow = side.ecosystem.record.total("liquidated", side.ecosystem.clock)
    left = flow.copy()
    peaks: list[int] = []
    while len(peaks) < 5 and (edges := bounds(left, int(left.argmax()) if len(left) else 0)):
        first, last = edges
        peaks.append(first + int(flow[first : last + 1].argmax()))
        left[first : last + 1] = 0.0
    return sorted(peaks)


def wave(side: Side, step: int) -> Wave | None:
    """Return the wave at or nearest to `step`; None where nothing was liquidated so far."""
    record, steps = side.ecosystem.record, side.ecosystem.clock
    edges = bounds(record.total("liquidated", steps), step)
    if edges is None:
        return None
    first, last = edges
    inside = {name: member_sum(side, name, first, last) for name in STRUCK}
    total, longs = inside["liquidated"].sum(), member_sum(side, "liquidated_long", first, last).sum()
    paid = side.trace.between(first, last).sum(axis=1)
    borne = side.trace.borne[last] - (side.trace.borne[first - 1] if first else 0.0)
    return Wave(
        first=first,
        last=last,
        liquidated=(inside["liquidated"] * MILLION).tolist(),
        longs=float(longs / total),
        positions=inside["liquidations"].tolist(),
        deficit=(inside["deficit"] * MILLION).tolist(),
        vault_deficit=(inside["vault_deficit"] * MILLION).tolist(),
        layers=[(name, float(value) * MILLION) for name, value in zip(LAYERS, paid, strict=True)],
        bearers=[(name, float(value) * MILLION) for name, value in zip(STRATEGY_NAMES, borne, strict=True)],
        accounts=int(side.trace.hit[last]),
    )


def member_sum(side: Side, name: str, first: int, last: int) -> Array:
    """Return a protocol series summed over steps `first` to `last`, both included, (protocols,).

    Parameters
    ----------
    side : one world.
    name : of the series.
    first, last : steps, both included.
    """
    record = side.ecosystem.record
    before = record.member(name, first) if first else 0.0
    return record.member(name, last + 1) - before
