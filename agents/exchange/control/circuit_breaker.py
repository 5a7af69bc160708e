"""The circuit breaker of a book: trading stops for a while after the price has moved too far, too fast.

With mid prices p_s of the last steps (a window), it trips when max |ln(p / p_s)| reaches the limit, up or down, as the
dynamic circuit breakers of CME do against the extremes of a rolling hour, for two minutes. While a book is halted
no order in it is filled at any protocol, and where the rule says so liquidations are suspended too. The market reopens
with a fresh window, so a move that has been waited out does not trip it again.
"""

import math
from typing import NamedTuple

import numpy as np

from agents.core.kernel import rule
from agents.core.table import Exchanges

Array = np.ndarray


class Watch(NamedTuple):
    """What circuit breakers remember; no rows where the venues have none."""

    seen: Array  # (window, books) USD > 0, mid prices of the last steps since the last reopening, in turn
    left: Array  # (books,) steps for which trading is still halted
    step: Array  # (1,) steps watched so far


class BreakerTerms(NamedTuple):
    """Constants of circuit breakers."""

    limit: float  # 1, log price move that trips one, > 0
    halt: float  # steps that a halt lasts, >= 1
    suspends: bool  # whether liquidations are suspended too


def make_watch(window: int, price: Array) -> Watch:
    """Return what breakers remember at the start: `window` steps at the mid prices, (books,) USD."""
    return Watch(np.tile(price, (window, 1)), np.zeros(len(price)), np.zeros(1, dtype=np.int64))


@rule
def largest_move(price: float, seen: Array, k: int) -> float:
    """Return max |ln(p / p_s)| of one book; `price` USD, `seen` (window, books) USD."""
    found = 0.0
    for row in range(seen.shape[0]):
        found = max(found, abs(math.log(price / seen[row, k])))
    return found


@rule
def watch_book(watch: Watch, k: int, price: float, limit: float, halt: float) -> None:
    """Take a book's mid price at the end of a step, and halt it or let its halt run down.

    Parameters
    ----------
    watch : written, but for the number of steps.
    k : book.
    price : USD > 0.
    limit, halt : of the terms.
    """
    seen, left = watch.seen, watch.left[k]
    tripped = left == 0.0 and largest_move(price, seen, k) >= limit
    watch.left[k] = halt if tripped else max(left - 1.0, 0.0)
    if tripped or left > 0.0:
        for row in range(seen.shape[0]):
            seen[row, k] = price
    else:
        seen[watch.step[0] % seen.shape[0], k] = price


@rule
def halt_trading(exchange: Exchanges, watch: Watch, suspends: bool) -> None:
    """Set for how many steps each venue's trading, and where the rule says so its liquidations, are halted."""
    for i in range(exchange.shape[0]):
        left = watch.left[exchange.book[i]]
        exchange.halt[i] = left
        exchange.suspension[i] = left if suspends else 0.0
