"""A named episode: straight lines of log price between anchors, noise around them, and a severity of its own.

With *A* the anchor prices of asset *k* as a function of time, *f* the fundamental share and *B* a Brownian
bridge that is zero at every anchor::

    log F[t] - log F[0] = f S_k log(A[t] / A[0]) + B_k[t]
    S_k = m exp(sigma (sqrt(rho) g0 + sqrt(1 - rho) g_k))

*S* is the severity of this replication: the same crash, deeper or shallower, median *m*, with log standard
deviation *sigma* and correlation *rho* between assets. The bridge's volatility a day is the asset's own
times ``price.bridge_volatility``, and in stress up to `noise_multiplier` times that. Without dispersion and
with a share of 1 the path passes exactly through the anchors, as far as they lie on the grid of steps.

Past its last anchor the price stays, but for noise.
"""

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.price.process.innovation import innovations, price_innovations
from model.price.process.path import PricePath, Stress
from model.price.streams import Streams
from model.scenario.episode import EPISODES, Anchors, Episode
from model.scenario.extent import MINUTES_A_DAY, asset_names, horizon
from model.scenario.parameter import per_item

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]


def stress_level(episode: Episode, minute: Floats) -> Floats:
    """Return stress in [0, 1]: a ramp, a plateau to the end of the crash, then a decay by halves."""
    rise = np.clip((minute - episode.onset) / episode.ramp, 0.0, 1.0)
    return rise * 0.5 ** (np.maximum(minute - episode.crash[1], 0.0) / episode.half_life)


def stress_of(episode: Episode, level: Floats) -> Stress:
    """Return what the (T,) stress level does to depth, spreads, keepers and gas."""
    return Stress(
        depth=1.0 - (1.0 - episode.depth_trough) * level,
        spread=1.0 + (episode.spread_multiplier - 1.0) * level,
        keeper=1.0 - (1.0 - episode.keeper_capacity) * level,
        gas=1.0 + (episode.gas_multiplier - 1.0) * level,
    )


def severity(scenario: "Scenario", streams: Streams, assets: int) -> Floats:
    """Return the (K,) factors on the episode's log moves in this replication."""
    price = scenario.price
    factor = innovations(streams, "price.severity", price.severity_correlation, 1, assets)[0]
    return price.severity * np.exp(price.severity_dispersion * factor)


def anchored(minute: Floats, walk: Floats, anchors: Anchors, scale: float) -> Floats:
    """Return the log path of one asset over its start.

    Parameters
    ----------
    minute : (n,) times from 0 on, increasing.
    walk : (n,) random walk at those times, 0 at the first.
    anchors : known (minute, price) points.
    scale : factor on the log moves between anchors.
    """
    known, price = np.array(anchors, dtype=np.float64).T
    move = scale * np.log(price / price[0])
    return walk + np.interp(minute, known, move - np.interp(known, minute, walk))


class EpisodePrice:
    """The anchors of a named episode, bridged."""

    def draw(self, scenario: "Scenario", streams: Streams) -> PricePath:
        """Return the path of the episode's assets, and the stress of its market."""
        episode, steps = EPISODES[scenario.price.episode], horizon(scenario)
        grid = max(steps, math.ceil(episode.minutes / scenario.minutes)) + 1
        minute = np.arange(grid, dtype=np.float64) * scenario.minutes
        level = stress_level(episode, minute)
        volatility = np.array(scenario.asset.values("daily_volatility", asset_names(scenario)))
        walks = _walks(scenario, streams, volatility, 1.0 + (episode.noise_multiplier - 1.0) * level[1:])
        share = np.array(per_item(scenario.price.fundamental_share, len(volatility)))
        scale = share * severity(scenario, streams, len(volatility))
        rows = zip(walks.T, episode.anchors, scale, strict=True)
        log_price = np.stack([anchored(minute, walk, anchors, factor) for walk, anchors, factor in rows], axis=1)
        initial = np.array([anchors[0][1] for anchors in episode.anchors])
        returns = np.diff(log_price[: steps + 1], axis=0)
        return PricePath(returns, initial, volatility, stress_of(episode, level[1 : steps + 1]))


def _walks(scenario: "Scenario", streams: Streams, volatility: Floats, multiple: Floats) -> Floats:
    """Return (n + 1, K) correlated random walks from 0, of the volatility of the bridge."""
    z = price_innovations(scenario, streams, len(multiple))
    deviation = scenario.price.bridge_volatility * math.sqrt(scenario.minutes / MINUTES_A_DAY)
    steps = deviation * multiple[:, None] * volatility * z
    return np.concatenate([np.zeros((1, len(volatility))), np.cumsum(steps, axis=0)])
