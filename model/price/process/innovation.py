"""Correlated innovations, and the starting point shared by the parametric processes.

With *g0* common and *g_k* an asset's own, all independent standard normal::

    z[t, k] = sqrt(c_k) g0[t] + sqrt(1 - c_k) g_k[t]

so each *z* is standard normal and two correlate by the root of c_j c_k. Every asset has a stream of its own: another
asset changes no draw of those already there. By a matrix R = L Lᵀ, or loadings B on several factors, they are

    z[t, k] = L[k, 0] g0[t] + Σ L[k, j] g_j[t], j = 1 to k                    (the first asset is g0),
    z[t, k] = B[k, 0] g0[t] + Σ B[k, f] g0_f[t] + sqrt(1 - Σ B[k, f]²) g_k[t].
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.price.streams import Streams, columns
from model.scenario.check.correlation import lower_factor
from model.scenario.extent import MINUTES_A_DAY, asset_names, horizon
from model.scenario.parameter import Rows

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


def price_innovations(scenario: "Scenario", streams: Streams, steps: int, name: str = "price") -> NDArray[np.float64]:
    """Return (steps, assets) innovations of the scenario's assets, correlated as it says.

    Parameters
    ----------
    scenario : names and correlation of the assets.
    streams : the run's random numbers.
    steps : length of the run.
    name : of the stream that is drawn from.
    """
    names, asset = asset_names(scenario), scenario.asset
    if asset.correlation_matrix:
        return by_matrix(streams, name, asset.matrix(names), steps)
    if asset.factor_loading:
        return by_loading(streams, name, np.array(asset.loadings(names)), steps)
    return innovations(streams, name, scenario.asset.values("correlation", names), steps, len(names))


def innovations(
    streams: Streams, name: str, correlation: float | Sequence[float], steps: int, assets: int
) -> NDArray[np.float64]:
    """Return (steps, assets) standard normals, independent over time; `correlation` is c, of all or of each.

    Parameters
    ----------
    streams : the run's random numbers.
    name : of the stream that is drawn from.
    correlation : c, in [0, 1], of all assets or of each, with the common factor.
    steps, assets : how many.
    """
    common = streams.normal(f"{name}.common", size=steps)
    own = columns(streams.normal, f"{name}.own", assets, steps)
    share = np.asarray(correlation)
    return np.sqrt(share) * common[:, None] + np.sqrt(1.0 - share) * own


def by_matrix(streams: Streams, name: str, matrix: Rows, steps: int) -> NDArray[np.float64]:
    """Return (steps, assets) standard normals that correlate by `matrix`, positive semidefinite.

    Parameters
    ----------
    streams : the run's random numbers.
    name : of the stream that is drawn from.
    matrix : (assets, assets) correlations.
    steps : how many.
    """
    lower = np.array(lower_factor(matrix))
    drawn = columns(streams.normal, f"{name}.own", len(lower), steps)
    drawn[:, 0] = streams.normal(f"{name}.common", size=steps)
    return _sum_of(drawn, lower)


def by_loading(streams: Streams, name: str, loading: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Return (steps, assets) standard normals that load on common factors.

    Parameters
    ----------
    streams : the run's random numbers.
    name : of the stream that is drawn from.
    loading : (assets, factors) 1, squares of a row sum to 1 at most.
    steps : how many.
    """
    assets, factors = loading.shape
    common = columns(streams.normal, f"{name}.common", factors, steps)
    common[:, 0] = streams.normal(f"{name}.common", size=steps)
    rest = np.sqrt(np.maximum(1.0 - (loading**2).sum(axis=1), 0.0))
    return _sum_of(common, loading) + rest * columns(streams.normal, f"{name}.own", assets, steps)


def _sum_of(drawn: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (steps, assets) sums of `drawn`, (steps, n), by `weights`, (assets, n), in one order on every machine."""
    result = np.zeros((len(drawn), len(weights)))
    for column, weight in zip(drawn.T, weights.T, strict=True):
        result += column[:, None] * weight
    return result
