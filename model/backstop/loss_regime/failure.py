"""Failed contracts: those that a step's bankruptcies left with the vault, until winners take them over.

Deleveraging and tear-up close winners against these contracts and against no others. Contracts handed on are
subtracted, so that a regime and its fallback together close no more than failed. The record starts again in every step,
as no residual is carried into the next. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.position import closed_of
from agents.core.books import Venue
from agents.core.kernel import inline


class Failure(NamedTuple):
    """What failed on one side of a listing in this step and was not handed on yet."""

    contracts: float  # contracts, >= 0
    price: float  # USD per contract, average bankruptcy price, NaN where nothing failed


@inline
def failure(venue: Venue, listing: int, side: float) -> Failure:
    """Return what failed in this step among longs (`side` 1) or shorts (−1)."""
    exchange = venue.exchange
    if side > 0.0:
        contracts, value = exchange.bankrupt_long[listing], exchange.bankrupt_long_value[listing]
    else:
        contracts, value = exchange.bankrupt_short[listing], exchange.bankrupt_short_value[listing]
    return Failure(contracts, value / contracts if contracts > 0.0 else np.nan)


@inline
def hand_on(venue: Venue, listing: int, side: float, contracts: float) -> None:
    """Strike off `contracts` that winners took over, at the average price, so that this does not change.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    listing : index.
    side : 1 where longs failed, -1 where shorts did.
    contracts : >= 0, taken over.
    """
    exchange, before = venue.exchange, failure(venue, listing, side).contracts
    left = before - closed_of(before, contracts)
    part = left / before if before > 0.0 else 0.0
    if side > 0.0:
        exchange.bankrupt_long_value[listing] *= part
        exchange.bankrupt_long[listing] = left
    else:
        exchange.bankrupt_short_value[listing] *= part
        exchange.bankrupt_short[listing] = left
