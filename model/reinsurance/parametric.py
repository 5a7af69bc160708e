"""The measurements of a parametric cover: oracle error, exploit, price move, depth.

Protocol i's trigger is hit at step t when one of these reaches its threshold, as far as that is above zero:

    |oracle error|,  exploit / O₀,  |ln(p_t / p_{t−w})|,  1 − D_t / D_0                       (1)

with p the mid price and D the depth of its book, as they are after liquidations, O₀ open interest at the start.
"""

import math
from typing import NamedTuple

import numpy as np

from agents.core.column import columns
from agents.core.fast_call import FastCall
from agents.core.kernel import kernel, rule
from model.backstop.context import Context

Array = np.ndarray


@rule
def reaches(measured: float, threshold: float) -> bool:
    """Tell whether a measurement reaches a threshold that is set."""
    return threshold > 0.0 and measured >= threshold


@rule
def fallen(depth: float, full: float) -> float:
    """Return 1 − D / D₀; zero for a book without depth at the start, or with infinite depth."""
    return 1.0 - depth / full if 0.0 < full < math.inf else 0.0


@kernel
def gauge_step(
    listings: Array, book: Array, mid: Array, depth: Array, error: Array, exploit: Array, threshold: Array,
    prices: Array, full: Array, interest: Array, step: int, hit: Array,
) -> bool:  # fmt: skip
    """Note the prices of `step` and set whose trigger is hit, (members,) bool; return whether anybody's is.

    A member is hit where one of its listings is.

    Parameters
    ----------
    listings, book : (listings,) protocol and book of each.
    mid, depth, full : (books,) mid price and depth of books now, and depth at the start.
    error : (listings,), `exploit` : (members,) of the tape.
    threshold : (4,) in the order of (1).
    prices : (w + 1, books) mid prices of the window, a row per step in turn.
    interest : (members,) USD, open interest at the start.
    """
    rows, found = prices.shape[0], False
    now, first = step % rows, (step + 1) % rows
    prices[now] = mid
    for p in range(hit.shape[0]):
        hit[p] = reaches(exploit[p] / interest[p], threshold[1])
        found |= hit[p]
    for i in range(book.shape[0]):
        k = book[i]
        hit[listings[i]] |= (
            reaches(abs(error[i]), threshold[0])
            or reaches(abs(math.log(prices[now, k] / prices[first, k])), threshold[2])
            or reaches(fallen(depth[k], full[k]), threshold[3])
        )
        found |= hit[listings[i]]
    return found


class Measured(NamedTuple):
    """What is remembered of measurements."""

    prices: Array  # (window + 1, books) USD > 0, mid prices, a row a step in turn
    hit: Array  # (members,) bool, whose trigger was hit when last measured


class ParametricTrigger:
    """The measurements of a run.

    Parameters
    ----------
    context : whose market and tape are measured.
    """

    def __init__(self, context: Context) -> None:
        terms, market, self.tape = context.scenario.reinsurance, columns(context.market), context.tape
        window = min(max(round(terms.parametric_window / context.scenario.minutes), 1), context.horizon)
        listed = (context.exchange[name].view(np.ndarray) for name in ("protocol", "book"))
        self.measured = *listed, market.mid, market.depth
        levels = terms.parametric_oracle, terms.parametric_exploit, terms.parametric_move, terms.parametric_depth
        interest = np.array(context.protocol["open_interest"])
        hit = np.zeros(len(context.protocol), dtype=np.bool_)
        self.memory = Measured(np.tile(market.mid, (window + 1, 1)), hit)
        self.gauge = np.array(levels), self.memory.prices, market.depth.copy(), interest
        self._gauge_step = FastCall(gauge_step)

    def hit(self, step: int) -> Array:
        """Return whose trigger is hit, (members,) bool; to be asked once a step, in order."""
        tape = self.tape()
        hit = self.memory.hit
        self._gauge_step(*self.measured, tape.oracle_error[step], tape.exploit[step], *self.gauge, step, hit)
        return hit
