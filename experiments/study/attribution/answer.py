"""Why protocols fail: what each channel adds, alone and together with others, by counterfactual replay.

The same tape is replayed with every combination of channels open and closed. With v(S) what is lost while just the
channels S are open, v(∅) is the **own loss**, and what opening S adds beyond all its parts is

    m(S) = Σ over T ⊆ S of (−1)^(|S| − |T|) v(T),        v(S) = Σ over T ⊆ S of m(T)                       (1)

Harsanyi's dividend, the Möbius transform of v. Of one channel it is the **main effect** v({k}) − v(∅), of two the
**interaction** m({k, l}) = v({k, l}) − v({k}) − v({l}) + v(∅). By (1) own loss, main effects and interactions sum to
the loss that happened, v(all); nothing is rescaled, terms may be negative, and an interaction belongs to no channel
alone: it needs them all. Next to them stands the **last effect**, v(all) − v(all without k): what closing k alone would
avert. A main effect says what k suffices for, a last effect what k is necessary for; where they differ there are
interactions.

For a single default the replays prove no shares of causes, only conditions, which do not exclude each other:

    own        it happens with all channels closed,                 needs k    it does not with k alone closed,      (2)
    suffices k not with all closed, but with k alone open,          none       not own, and no k alone averts it

==========  ========================================================================================================
channel     what closes it
==========  ========================================================================================================
exposure    no debts between protocols
pool        every member has its own share of the capital to itself
price       each protocol marks to a price that only its own flow moves (:mod:`model.price.segment`)
run         no liquidity provider leaves, nobody panics
owner       every account has an owner of its own, so that no call is met at another protocol
==========  ========================================================================================================

References: Harsanyi (1963), International Economic Review 4:194; Grabisch and Roubens (1999), International Journal of
Game Theory 28:547.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.plan.arrangement import Arrangement

if TYPE_CHECKING:
    from experiments.results.run import Run
    from model.scenario import Scenario

Floats = NDArray[np.float64]
Coalition = frozenset[str]
OWN = "own loss"
NOTHING: Coalition = frozenset()
CLOSED: dict[str, dict[str, Any]] = {
    "exposure": {"exposure.graph": "none", "exposure.file": ""},
    "pool": {"backstop.structure": "isolated"},
    "price": {"asset.shared_market": False},
    "run": {"provider.tolerance": 1e12, "confidence.panic": False, "reinsurance.exit_rate": 0.0},
    "owner": {"trader.venues_share": 0.0},
}
ROUNDING = 1e-12
MEASURES = ("default", "uncovered", "bad_debt")


def open_channels(scenario: "Scenario") -> tuple[str, ...]:
    """Return the channels that are open in `scenario`, in the order of :data:`CLOSED`: only they are replayed."""
    several = scenario.protocol.number > 1
    known = {
        "exposure": several and scenario.exposure.graph != "none" and scenario.exposure.weight > 0,
        "pool": several and scenario.backstop.structure not in ("none", "isolated"),
        "price": several and scenario.asset.shared_market and math.isfinite(scenario.market.depth_multiplier),
        "run": scenario.provider.number > 0 or scenario.confidence.panic,
        "owner": several and scenario.trader.venues_share > 0 and scenario.trader.top_up_share > 0,
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


def replays(arrangement: Arrangement) -> dict[Coalition, Arrangement]:
    """Return the arrangements to replay, by open channels; the arrangement itself where all are."""
    channels = open_channels(arrangement.scenario)
    arrangements = {}
    for opened in coalitions(channels):
        whole = len(opened) == len(channels)
        scenario = arrangement.scenario if whole else counterfactual(arrangement.scenario, opened)
        arrangements[opened] = arrangement._replace(
            name=f"{arrangement.name}|{'+'.join(sorted(opened))}", scenario=scenario
        )
    return arrangements


def everything(values: Mapping[Coalition, Floats]) -> Coalition:
    """Return the set of all channels."""
    return frozenset(name for some in values for name in some)


def dividends(values: Mapping[Coalition, Floats]) -> dict[Coalition, Floats]:
    """Return the terms m(S) of (1) for every set of channels S, the empty one among them.

    Parameters
    ----------
    values : v(S) for every set of channels, arrays of equal shape. What is rounding of their sums is zero.
    """
    dividend = {}
    for some in values:
        terms = np.array([(-1.0) ** (len(some) - len(part)) * values[part] for part in coalitions(sorted(some))])
        exact = np.abs(terms.sum(axis=0)) > ROUNDING * np.abs(terms).sum(axis=0)
        dividend[some] = np.where(exact, terms.sum(axis=0), 0.0)
    return dividend


def last_effects(values: Mapping[Coalition, Floats]) -> dict[str, Floats]:
    """Return v(all) − v(all without k) of every channel k."""
    whole = everything(values)
    return {name: values[whole] - values[whole - {name}] for name in CLOSED if name in whole}


def conditions(defaults: Mapping[Coalition, Floats]) -> dict[str, NDArray[np.bool_]]:
    """Return which defaults that happened meet each of the conditions (2), (protocols,) bool each.

    Parameters
    ----------
    defaults : 1 where a protocol defaults with just these channels open, else 0, (protocols,) each.
    """
    whole = everything(defaults)
    channels = [name for name in CLOSED if name in whole]
    happened, own = defaults[whole] > 0, defaults[NOTHING] > 0
    met = {"own": happened & own}
    met |= {f"needs {name}": happened & ~(defaults[whole - {name}] > 0) for name in channels}
    met |= {f"suffices {name}": happened & ~own & (defaults[Coalition({name})] > 0) for name in channels}
    needed = np.any([met[f"needs {name}"] for name in channels], axis=0) if channels else np.zeros_like(happened)
    return met | {"none": happened & ~own & ~needed}


def lost(run: "Run", measure: str, members: int) -> Floats:
    """Return what each protocol lost in a run, (protocols,): defaults, uncovered loss, or bad debt left at the end."""
    if measure == "bad_debt":
        return np.array([max(float(run.series[f"bad_debt_{i}"][-1]), 0.0) for i in range(members)])
    return np.array([run.summary[f"{measure}_{i}"] for i in range(members)])


class Ledger:
    """What one arrangement lost with every set of channels open, summed over protocols, replication by replication.

    Parameters
    ----------
    arrangement : whose losses are explained.

    Attributes
    ----------
    values : by measure, for each replication, v(S) by S.
    met : for each replication, how many defaults met each of the conditions (2).
    """

    def __init__(self, arrangement: Arrangement) -> None:
        self.arrangement, self.replays = arrangement, replays(arrangement)
        self.channels = open_channels(arrangement.scenario)
        self.members = arrangement.scenario.protocol.number
        self.values: dict[str, list[dict[Coalition, float]]] = {measure: [] for measure in MEASURES}
        self.met: list[dict[str, float]] = []

    def add(self, runs: Sequence["Run"]) -> None:
        """Add one replication: its runs in the order of `replays`."""
        for measure in MEASURES:
            losses = {some: lost(run, measure, self.members) for some, run in zip(self.replays, runs, strict=True)}
            self.values[measure].append({some: float(value.sum()) for some, value in losses.items()})
            if measure == "default":
                self.met.append({name: float(flags.sum()) for name, flags in conditions(losses).items()})

    def outcomes(self, measure: str) -> dict[Coalition, Floats]:
        """Return v(S) for every set of channels, (replications,) in the measure's unit, summed over protocols."""
        return {some: np.array([row[some] for row in self.values[measure]]) for some in self.replays}

    def total(self, measure: str) -> Floats:
        """Return the loss that happened, v(all), (replications,)."""
        return self.outcomes(measure)[frozenset(self.channels)]

    def condition(self, name: str) -> Floats:
        """Return how many defaults met a condition, (replications,)."""
        return np.array([row[name] for row in self.met])
