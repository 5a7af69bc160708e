"""Why protocols fail: every default and every loss labelled by cause, by counterfactual replay.

The same tape is replayed with every combination of channels open and closed. With v(S) what a protocol loses while
just the channels S are open, v(∅) is its **own loss** and channel c has the Shapley value

    φ(c) = Σ over S without c of  |S|! (n − |S| − 1)! / n!  (v(S ∪ c) − v(S))                                  (1)

the average of what opening c adds over all n! orders of opening: no channel is favoured by being asked first. By
construction v(∅) + Σ φ(c) is the loss that happened. A channel may also avert loss, φ < 0; what did happen is then
labelled by the positive terms alone, in proportion, so that labels are never negative and sum to the total:

    label(c) = v(all) · max(φ(c), 0) / Σ max(φ, 0)                                                             (2)

and the negative terms are reported as averted.

==========  ========================================================================================================
label       what closes the channel
==========  ========================================================================================================
own loss    nothing: what is left with all channels closed
exposure    no debts between protocols
pool        every member has its own share of the capital to itself
price       each protocol marks to a price that only its own flow moves (:mod:`model.segment`)
run         no liquidity provider leaves, nobody panics
==========  ========================================================================================================

Reference: Shapley (1953), in Contributions to the Theory of Games II:307.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from experiments.cell import Cell

if TYPE_CHECKING:
    from experiments.worker import Run
    from model.scenario import Scenario

Floats = NDArray[np.float64]
Coalition = frozenset[str]
OWN = "own loss"
CLOSED: dict[str, dict[str, Any]] = {
    "exposure": {"exposure.graph": "none", "exposure.file": ""},
    "pool": {"backstop.structure": "isolated"},
    "price": {"asset.shared_market": False},
    "run": {"provider.tolerance": 1e12, "confidence.panic": False, "reinsurance.exit_rate": 0.0},
}
LABELS = (OWN, *CLOSED)
MEASURES = ("default", "uncovered", "bad_debt")


class Attribution(NamedTuple):
    """What one protocol lost in one replication, by label; each array (protocols,) in the measure's unit, >= 0."""

    total: Floats
    label: dict[str, Floats]
    averted: Floats


def open_channels(scenario: "Scenario") -> tuple[str, ...]:
    """Return the channels that are open in `scenario`, in the order of :data:`CLOSED`: only they are replayed."""
    several = scenario.protocol.number > 1
    known = {
        "exposure": several and scenario.exposure.graph != "none" and scenario.exposure.weight > 0,
        "pool": several and scenario.backstop.structure not in ("none", "isolated"),
        "price": several and scenario.asset.shared_market and math.isfinite(scenario.market.depth_multiplier),
        "run": scenario.provider.number > 0 or scenario.confidence.panic,
    }
    return tuple(name for name in CLOSED if known[name])


def coalitions(channels: Iterable[str]) -> list[Coalition]:
    """Return every set of open channels, the empty one first, all of them last."""
    names = tuple(channels)
    return [frozenset(some) for size in range(len(names) + 1) for some in itertools.combinations(names, size)]


def counterfactual(scenario: "Scenario", opened: Coalition) -> "Scenario":
    """Return `scenario` with every channel closed that is not in `opened`."""
    shut = [changes for name, changes in CLOSED.items() if name not in opened]
    return scenario.replace({name: value for changes in shut for name, value in changes.items()})


def replays(cell: Cell) -> dict[Coalition, Cell]:
    """Return the cells to replay, by open channels; the cell itself where all are."""
    channels = open_channels(cell.scenario)
    found = {}
    for opened in coalitions(channels):
        whole = len(opened) == len(channels)
        scenario = cell.scenario if whole else counterfactual(cell.scenario, opened)
        found[opened] = cell._replace(name=f"{cell.name}|{'+'.join(sorted(opened))}", scenario=scenario)
    return found


def everything(values: Mapping[Coalition, Floats]) -> Coalition:
    """Return the set of all channels."""
    return frozenset(name for some in values for name in some)


def shapley(values: Mapping[Coalition, Floats]) -> dict[str, Floats]:
    """Return the Shapley value (1) of every channel; `values` has one entry for every set of channels."""
    channels = sorted(everything(values))
    n = len(channels)
    found = {}
    for channel in channels:
        without = [some for some in values if channel not in some]
        weights = [math.factorial(len(s)) * math.factorial(n - len(s) - 1) / math.factorial(n) for s in without]
        gains = (values[some | {channel}] - values[some] for some in without)
        found[channel] = np.sum([weight * gain for weight, gain in zip(weights, gains, strict=True)], axis=0)
    return found


def attribute(values: Mapping[Coalition, Floats]) -> Attribution:
    """Return the labels (2) of what was lost, given what is lost with every set of channels open, (protocols,) each."""
    total = values[everything(values)]
    terms = {OWN: values[frozenset()], **shapley(values)}
    positive = {name: np.maximum(term, 0.0) for name, term in terms.items()}
    whole = np.sum(list(positive.values()), axis=0)
    scale = np.divide(total, whole, out=np.zeros_like(total), where=whole > 0.0)
    labels = {name: positive[name] * scale if name in positive else np.zeros_like(total) for name in LABELS}
    return Attribution(total, labels, whole - total)


def lost(run: "Run", measure: str, members: int) -> Floats:
    """Return what each protocol lost in a run, (protocols,): defaults, uncovered loss, or bad debt left at the end."""
    if measure == "bad_debt":
        return np.array([max(float(run.series[f"bad_debt_{i}"][-1]), 0.0) for i in range(members)])
    return np.array([run.summary[f"{measure}_{i}"] for i in range(members)])


class Ledger:
    """The labelled losses of one cell, summed over protocols, replication by replication.

    Parameters
    ----------
    cell : whose losses are labelled.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell, self.replays = cell, replays(cell)
        self.members = cell.scenario.protocol.number
        self.rows: dict[str, list[dict[str, float]]] = {measure: [] for measure in MEASURES}

    def add(self, runs: Sequence["Run"]) -> None:
        """Take in one replication: its runs in the order of `replays`."""
        for measure in MEASURES:
            values = {s: lost(run, measure, self.members) for s, run in zip(self.replays, runs, strict=True)}
            found = attribute(values)
            sums = {name: float(label.sum()) for name, label in found.label.items()}
            self.rows[measure].append(sums | {"averted": float(found.averted.sum()), "total": float(found.total.sum())})

    def mean(self, measure: str) -> dict[str, float]:
        """Return the mean over replications of every label, of what was averted and of the total."""
        rows = self.rows[measure]
        return {name: math.fsum(row[name] for row in rows) / len(rows) for name in rows[0]} if rows else {}
