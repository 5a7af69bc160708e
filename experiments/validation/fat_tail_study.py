"""Leverage and returns: runs of the shipped scenario ``fat_tails``, and their statistics.

Moments are of all log returns. The tail is that of negative returns in steps that begin below value, where funds hold
the asset and can be forced to sell: the Hill index of the largest 5 %. Source of both: Thurner, Farmer and Geanakoplos
(2012).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kurtosis

from experiments.study.calibration.moment import hill
from experiments.validation.episode.record import prices
from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.world import scenario_path

NAME = "fat_tails"
LEAST_FALL = 0.01
Floats = NDArray[np.float64]


class Tail(NamedTuple):
    """The statistics of one run."""

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
    """Return the statistics of a run."""
    change = returns(run)
    failures = float(run.value_investing.funds.failures.sum())
    return Tail(float(change.std()), float(kurtosis(change, fisher=False)), hill(falls(run)), failures)


@cache
def tail(leverage: float, replication: int, steps: int | None = None) -> Tail:
    """Return the statistics of the run at a leverage; each is run once in a process."""
    return measure(finished(leverage, replication, steps))


def measured(name: str, leverage: float, replications: int) -> Floats:
    """Return one measure of :class:`Tail`, (replications,)."""
    return np.array([getattr(tail(leverage, replication), name) for replication in range(replications)])
