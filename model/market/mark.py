r"""The index of an asset, and the marks of its books: by their own mid, by the index, or by both.

The **index** is the mean of the mids of an asset's books, weighted by the open interest that traded in each at the
start: what is recorded and reported as the asset's mid price. The **mark** is

    p' = F exp(m),    m ← m + (w ln(p / F) + (1 − w) ln(index / F) − m) (1 − exp(−Δt / T))       (1)

with w = 1 for the book's own mid p, 0 for the index, ½ for a blend of both, and T the time over which the exponential
average goes. Without smoothing, T = 0, it follows every trade; with it, it moves once a step and, with the fundamental,
at once. The mark triggers liquidations, and what is closed is filled in the book.
"""

import math

import numpy as np

from agents.core.kernel import inline, rule
from agents.core.table import Markets
from model.scenario import Scenario

OWN_PART = {"own": 1.0, "index": 0.0, "blend": 0.5}
SECONDS = 60.0


def set_mark_rule(market: Markets, scenario: Scenario) -> None:
    """Write what the scenario says of marks into every book's row."""
    terms = scenario.market
    market.own_part[:] = OWN_PART[terms.mark]
    market.lag[:] = math.exp(-SECONDS * scenario.minutes / terms.mark_seconds) if terms.mark_seconds else 0.0


@inline
def set_index(market: Markets) -> None:
    """Set the index of every asset: the mean of the mids of its books, by their weights."""
    for k in range(market.shape[0]):
        market.total[k] = 0.0
    for k in range(market.shape[0]):
        market.total[market.lead[k]] += market.weight[k] * market.mid[k]
    for k in range(market.shape[0]):
        market.index[k] = market.total[market.lead[k]]


@rule
def aim(own_part: float, mid: float, index: float, fundamental: float) -> float:
    """Return where the mark over the fundamental tends, log.

    Parameters
    ----------
    own_part : 1, weight of the book's own mid.
    mid, index, fundamental : USD per contract, > 0.
    """
    return own_part * np.log(mid / fundamental) + (1.0 - own_part) * np.log(index / fundamental)


@inline
def follow(market: Markets) -> None:
    """Let smoothed marks follow for one step by (1)."""
    set_index(market)
    for k in range(market.shape[0]):
        gap = aim(market.own_part[k], market.mid[k], market.index[k], market.fundamental[k]) - market.basis[k]
        market.basis[k] += gap * (1.0 - market.lag[k])


@inline
def quote(market: Markets) -> None:
    """Set index and mark of every book at the present prices."""
    set_index(market)
    for k in range(market.shape[0]):
        if market.lag[k] == 0.0:
            market.basis[k] = aim(market.own_part[k], market.mid[k], market.index[k], market.fundamental[k])
        own = market.own_part[k] == 1.0 and market.lag[k] == 0.0
        market.mark[k] = market.mid[k] if own else market.fundamental[k] * np.exp(market.basis[k])
