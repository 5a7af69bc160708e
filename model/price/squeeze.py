"""Squeezes: runs of one thin market's price, up or down, and back.

A squeeze arrives at a protocol, by streams of its own, and strikes the market of its thinnest listing: the one with the
least depth in USD at the start. The log price there is pushed by *s* within m minutes, evenly, and goes back within b:

    |s| = median · exp(spread z),    z standard normal, up with a given probability.

Squeezes that overlap add up, as far as `FARTHEST`. All who trade a market that is squeezed meet its price; no other
market moves.

Records: YFI (17 November 2023), JELLY (26 March 2025), XPL (26 August 2025), POPCAT (12 November 2025); see
docs/guide/shocks.md.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.price.segment import asset_of, market_of
from model.price.streams import Streams, columns
from model.scenario.extent import asset_names, listing_counts, listing_interest

if TYPE_CHECKING:
    from model.scenario import Scenario

Floats = NDArray[np.float64]
FARTHEST = 3.5  # log; MNGO, the largest on record, rose by 3.4 (0.03 to 0.91)


def squeezed(scenario: "Scenario", streams: Streams, arrived: NDArray[np.bool_], markets: int) -> Floats:
    """Return the (T, markets) log returns of all squeezes.

    Parameters
    ----------
    scenario : all parameters.
    streams : of the replication.
    arrived : (T, P) where a squeeze arrives at a protocol.
    markets : how many there are.
    """
    steps, protocols = arrived.shape
    shock, away = scenario.shock, np.zeros((steps, markets))
    normal = columns(streams.normal, "shock.squeeze.size", protocols, steps)
    up = columns(streams.uniform, "shock.squeeze.side", protocols, steps) < shock.squeeze_up
    size = shock.squeeze_median * np.exp(shock.squeeze_spread * normal) * np.where(up, 1.0, -1.0)
    shape, struck = profile(scenario, steps), thinnest_market(scenario)
    for t, p in np.argwhere(arrived):
        away[t:, struck[p]] += size[t, p] * shape[: steps - t]
    return np.diff(np.clip(away, -FARTHEST, FARTHEST), axis=0, prepend=0.0)


def profile(scenario: "Scenario", steps: int) -> Floats:
    """Return the (T,) part of a squeeze's size by which the log price is away, from the step of its arrival on."""
    shock, minute = scenario.shock, scenario.minutes * np.arange(1, steps + 1)
    there = np.maximum(shock.squeeze_minutes, scenario.minutes)
    back = np.maximum(shock.squeeze_back, scenario.minutes)
    return np.clip(np.minimum(minute / there, 1.0 - (minute - there) / back), 0.0, 1.0)


def thinnest_market(scenario: "Scenario") -> NDArray[np.int64]:
    """Return the (P,) market of each protocol's listing with the least depth in USD; of equals the first."""
    names = asset_names(scenario)
    per_interest = np.array(scenario.asset.values("depth_per_oi", names))
    depth = per_interest[asset_of(scenario, len(names))] * np.array(listing_interest(scenario))
    market, ends = market_of(scenario, len(names)), np.cumsum(listing_counts(scenario))
    return np.array([market[first + own.argmin()] for first, own in _split(depth, ends)], np.int64)


def _split(values: Floats, ends: NDArray[np.int64]) -> list[tuple[int, Floats]]:
    """Return the values of each protocol's listings and where they begin, given where each ends."""
    firsts = [0, *ends[:-1].tolist()]
    return [(first, values[first:end]) for first, end in zip(firsts, ends, strict=True)]
