"""What leverage does to returns: runs of the shipped scenario ``fat_tails``, and what is measured of them.

Moments are of all log returns. The tail is that of negative returns in steps that begin below value, where funds hold
something and can be made to sell: the Hill index of the largest 5 %. Source of both: Thurner, Farmer and Geanakoplos
(2012).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import kurtosis

from experiments.figure.style import PALETTE, caption, looks, new_figure
from experiments.study.calibration.moment import hill
from experiments.validation.record import prices
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.world import scenario_path

NAME = "fat_tails"
LEAST_FALL = 0.01
LABELS = {"sd": "standard deviation", "kurtosis": "kurtosis", "hill": "Hill index, 5 %", "bankruptcies": "bankruptcies"}
Floats = NDArray[np.float64]


class Tail(NamedTuple):
    """What one run showed."""

    sd: float  # log, standard deviation of the return a step
    kurtosis: float  # 1, 3 for a normal law
    hill: float  # 1, Hill index of negative returns below value
    bankruptcies: float  # funds


def finished(leverage: float, replication: int = 0, steps: int | None = None) -> Ecosystem:
    """Return a finished run at a maximal leverage, zero for no funds."""
    changes = {"value_fund.leverage": leverage} if leverage else {"value_fund.number": 0}
    scenario = Scenario.from_toml(scenario_path(NAME)).replace(changes | ({"steps": steps} if steps else {}))
    ecosystem = Ecosystem(scenario, replication)
    ecosystem.run()
    return ecosystem


def returns(run: Ecosystem) -> Floats:
    """Return the log returns of the asset, (steps,)."""
    return np.diff(np.log(prices(run, 0)))


def falls(run: Ecosystem) -> Floats:
    """Return the negative log returns of steps that begin below value, (n,) > 0."""
    price, change = prices(run, 0), returns(run)
    return -change[(change < 0.0) & (price[:-1] < price[0])]


def measure(run: Ecosystem) -> Tail:
    """Return what a run shows."""
    change = returns(run)
    failures = float(run.value_investing.funds.failures.sum())
    return Tail(float(change.std()), float(kurtosis(change, fisher=False)), hill(falls(run)), failures)


@cache
def tail(leverage: float, replication: int, steps: int | None = None) -> Tail:
    """Return what the run at a leverage shows; each is run once in a process."""
    return measure(finished(leverage, replication, steps))


def measured(name: str, leverage: float, replications: int) -> Floats:
    """Return one measure of :class:`Tail`, (replications,)."""
    return np.array([getattr(tail(leverage, replication), name) for replication in range(replications)])


def draw_fat_tails(falls: Mapping[float, Floats], found: Mapping[float, Sequence[Tail]]) -> Figure:
    """Draw the distribution of falls by leverage, and every measure against leverage, a point a replication.

    Parameters
    ----------
    falls : leverage → (n,) negative log returns of steps that begin below value, sign dropped.
    found : leverage → a :class:`Tail` a replication.
    """
    figure, (first, *panels, spare) = new_figure(2, 3, 4.0)
    figure.delaxes(spare)
    tail_panel(first, falls)
    leverage = [one for one, runs in found.items() for _ in runs]
    for panel, (name, label) in zip(panels, LABELS.items(), strict=True):
        panel.plot(leverage, [getattr(run, name) for runs in found.values() for run in runs], ".", color=PALETTE[2])
        panel.plot(
            list(found), [np.mean([getattr(run, name) for run in runs]) for runs in found.values()], color="black"
        )
        panel.set_xlabel("maximal leverage")
        panel.set_title(label, loc="left")
    caption(figure, "Falls in steps that begin below value. Points are replications, lines their means.")
    return figure


def tail_panel(panel: Axes, falls: Mapping[float, Floats]) -> None:
    """Draw P(fall > x), both axes logarithmic."""
    names = [f"leverage {leverage:g}" for leverage in falls]
    for values, (name, look) in zip(falls.values(), looks(names).items(), strict=True):
        ordered = np.sort(values)[::-1]
        panel.loglog(
            ordered, np.arange(1, ordered.size + 1) / ordered.size, color=look.colour, ls=look.dash, label=name
        )
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    panel.set_xlim(left=LEAST_FALL)
    panel.set_xlabel("x, log return")
    panel.set_title("P(fall > x)", loc="left")
    panel.legend(fontsize=6.5)
