"""One-factor innovations, and the starting point shared by the parametric processes.

With *g0* common and *g_k* an asset's own, all independent standard normal::

    z[t, k] = sqrt(rho) g0[t] + sqrt(1 - rho) g_k[t]

so each *z* is standard normal and any two correlate by *rho*. Every asset has a stream of its own: another
asset changes no draw of those already there.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.process import MINUTES_A_DAY, horizon
from model.streams import Streams, columns

if TYPE_CHECKING:
    from model.scenario import Scenario


class Setting(NamedTuple):
    """What every parametric process starts from."""

    steps: int  # T
    days: float  # length of a step in days
    initial_price: NDArray[np.float64]  # (K,) USD
    volatility: NDArray[np.float64]  # (K,) log price per square root of a day


def setting(scenario: "Scenario") -> Setting:
    """Return steps, length of a step, prices and volatilities of the declared assets."""
    asset = scenario.asset
    price = np.array(asset.values("initial_price", asset.name))
    volatility = np.array(asset.values("daily_volatility", asset.name))
    return Setting(horizon(scenario), scenario.minutes / MINUTES_A_DAY, price, volatility)


def innovations(streams: Streams, name: str, correlation: float, steps: int, assets: int) -> NDArray[np.float64]:
    """Return (steps, assets) standard normals, independent over time."""
    common = streams.normal(f"{name}.common", size=steps)
    own = columns(streams.normal, f"{name}.own", assets, steps)
    return math.sqrt(correlation) * common[:, None] + math.sqrt(1.0 - correlation) * own
