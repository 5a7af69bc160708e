"""Keepers: they perform liquidations when the bounty beats the gas price, within their capacity.

Keeper j serves every protocol, with a capacity of its own at each: a share of that protocol's open interest per step,
cut by outages and congestion. At each round it takes the largest positions first, in part if it must, and passes over
those whose bounty does not pay for the gas: on 12 March 2020 such a market cleared at prices of zero (MakerDAO).

Profit of a liquidation of notional N: bounty · N − gas · cost. Units: USD.
"""

from typing import NamedTuple

import numpy as np

from agents.core.column import Column, RowAgent
from agents.core.kernel import inline, rule
from agents.core.table import Exchanges, Keepers


class Jobs(NamedTuple):
    """Liquidations of one round: row j says who closes how much of which account."""

    row: np.ndarray  # (room,) accounts
    keeper: np.ndarray  # (room,) keepers
    contracts: np.ndarray  # (room,) > 0


class Keeper(RowAgent):
    """One liquidator."""

    cash = Column("f8", "USD", "cash")
    cost = Column("f8", "1, > 0", "gas this keeper needs, as a multiple of the going gas price")
    capacity = Column(
        "f8", "1 per step, >= 0", "notional it can liquidate, as a fraction of a protocol's open interest"
    )
    bounties = Column("f8", "USD, >= 0", "bounties earned so far")
    gas_paid = Column("f8", "USD, >= 0", "gas paid so far")
    served = Column("f8", "positions", "liquidations performed so far")

    def before_change(self) -> None:
        """Do nothing: the change is booked afterwards."""

    def after_change(self) -> None:
        """Book a change of cash made from Python as money from or to the outside world."""
        self.model.after_keeper_change()


@rule
def profitable(notional: float, bounty: float, gas: float, cost: float) -> bool:
    """Tell whether a bounty on `notional` USD beats the keeper's gas.

    Parameters
    ----------
    notional : USD, >= 0.
    bounty : fraction of notional, >= 0.
    gas : going price, USD per liquidation, >= 0.
    cost : multiple of it this keeper needs, > 0.
    """
    return notional * bounty > gas * cost


@inline
def set_capacity(keepers: Keepers, exchange: Exchanges, factor: np.ndarray, remaining: np.ndarray) -> None:
    """Fill `remaining` (keepers, protocols) USD: what each keeper can still liquidate at each protocol in this step.

    Nothing where liquidations are suspended.

    Parameters
    ----------
    keepers, exchange : tables of the run, read.
    factor : (protocols,) share of capacity that outages and congestion leave, in [0, 1].
    remaining : written.
    """
    for i in range(exchange.shape[0]):
        interest = (
            max(exchange.long_size[i], exchange.short_size[i]) * exchange.mark[i] * (exchange.suspension[i] == 0.0)
        )
        for j in range(keepers.shape[0]):
            remaining[j, i] = keepers.capacity[j] * interest * factor[i]


@rule
def assign_row(
    keepers: Keepers, remaining: np.ndarray, protocol: int, size: float, mark: float, bounty: float, gas: float,
    row: int, first: int, jobs: Jobs, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Hand one position to keepers from `first` on, cheapest first; return (next keeper, jobs so far).

    Parameters
    ----------
    keepers : read, the cheapest first.
    remaining : (keepers, protocols) USD, >= 0, what each can still liquidate; written.
    protocol : its column.
    size : contracts to be closed, sign ignored.
    mark : USD per contract, > 0.
    bounty : fraction of notional, >= 0.
    gas : going price, USD per liquidation, >= 0.
    row : account's row.
    first : keeper asked first.
    jobs : written from entry `count` on.
    count : jobs so far.
    """
    left, j = abs(size), first
    while left > 0.0 and j < keepers.shape[0]:
        part = min(left, remaining[j, protocol] / mark)
        if part > 0.0 and profitable(part * mark, bounty, gas, keepers.cost[j]):
            jobs.row[count], jobs.keeper[count], jobs.contracts[count] = row, j, part
            remaining[j, protocol] -= part * mark
            left = 0.0 if part == left else left - part
            count += 1
        elif part == left:
            return j, count
        if left > 0.0:
            j += 1
    return j, count
