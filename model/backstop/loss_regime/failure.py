"""Failed contracts: those that a step's bankruptcies left with the vault, until winners take them over.

Deleveraging and tear-up close winners against these contracts and against no others. Contracts handed on are
subtracted, so that a regime and its fallback together close no more than failed. The record starts again in every step,
as no residual is carried into the next. Units: contracts, USD.
"""

from typing import NamedTuple

import numpy as np

from agents.account.position import closed_of
from agents.core.books import Venue


class Failure(NamedTuple):
    """What failed on one side of a protocol in this step and was not handed on yet."""

    contracts: float  # contracts, >= 0
    price: float  # USD per contract, average bankruptcy price, NaN where nothing failed


def failure(venue: Venue, protocol: int, side: float) -> Failure:
    """Return what failed in this step among longs (`side` 1) or shorts (−1)."""
    exchange, name = venue.exchange[protocol], column(side)
    contracts, value = float(exchange[name]), float(exchange[f"{name}_value"])
    return Failure(contracts, value / contracts if contracts > 0.0 else np.nan)


def hand_on(venue: Venue, protocol: int, side: float, contracts: float) -> None:
    """Strike off `contracts` that winners took over, at the average price, so that this does not change.

    Parameters
    ----------
    venue : accounts, blocks, exchanges and ledger of the run, written in place.
    protocol : index.
    side : 1 where longs failed, -1 where shorts did.
    contracts : >= 0, taken over.
    """
    exchange, name = venue.exchange[protocol], column(side)
    before = float(exchange[name])
    left = before - closed_of(before, contracts)
    exchange[f"{name}_value"] *= left / before if before > 0.0 else 0.0
    exchange[name] = left


def column(side: float) -> str:
    """Return the exchange's column that counts the contracts failed on that side."""
    return "bankrupt_long" if side > 0.0 else "bankrupt_short"
