"""What the phases of a step work on: the tables of a run, and the row of the tape for the step.

Types are the same in every run, whatever is switched on: what a run does not have is a table without rows. So a kernel
is compiled once.
"""

from typing import NamedTuple

import numpy as np

from agents.account.owner import OwnerRoom, Owners
from agents.core.kernel import rule
from agents.core.ledger import Book
from agents.core.table import (
    Accounts,
    Blocks,
    Exchanges,
    Keepers,
    Makers,
    Markets,
    Pools,
    Protocols,
    Providers,
    Tiers,
    ValueFunds,
)
from agents.exchange.control.circuit_breaker import Watch
from agents.exchange.keeper import Jobs
from agents.market_maker.market_maker import Inventory
from agents.protocol.confidence import Mood
from agents.protocol.standby import Backing
from model.backstop.layer.table import LayerRoom, LayerTables
from model.backstop.loss_regime.base import Remembered
from model.backstop.loss_regime.chain import Losses
from model.backstop.loss_regime.room import Room
from model.backstop.succession import Closed
from model.price.tape import Tape

Array = np.ndarray


class Tables(NamedTuple):
    """The state that phases read and write, as kernels take it."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    protocol: Protocols
    keepers: Keepers
    makers: Makers
    providers: Providers
    pool: Pools
    book: Book
    tiers: Tiers  # the schedule of margins, which no phase writes
    owners: Owners  # with accounts at several protocols
    owner_room: OwnerRoom  # for what they work out
    backing: Backing  # the structure's
    funds: ValueFunds
    inventory: Inventory  # of market makers
    mood: Mood
    breaker: Watch  # what circuit breakers remember
    rows: Array  # (rows,) room for lists of accounts
    jobs: Jobs  # room for one round's liquidations
    capacity: Array  # (keepers, listings) USD left to each keeper
    ecosystem: Array  # (steps, 4) series, of model.measure.record
    asset: Array  # (steps, assets, 3)
    member: Array  # (steps, protocols, 16)
    rounds: Array  # (1,) int64, rounds of liquidations in the present step
    carried: Array  # (1,) bool, whether a debt was carried at the end of the last waterfall
    layers: LayerTables  # of structure, trigger and treaties
    layer_room: LayerRoom  # for what the layers work out
    closed: Closed  # what is remembered of closed vaults
    losses: Losses  # what the layers hand to the loss regimes within a step
    regimes: tuple[Remembered, Remembered]  # what loss regime and fallback remember
    room: Room  # for lists of one listing's accounts


class Shock(NamedTuple):
    """One row of the tape (:class:`model.price.tape.Tape`)."""

    log_return: Array  # (assets,)
    depth: Array  # (assets,)
    spread: Array  # (assets,)
    keeper: Array  # (protocols,)
    gas: float  # USD
    oracle_error: Array  # (protocols,)
    exploit: Array  # (protocols,) USD
    priority: Array  # (protocols,) order of arrival at a pool


@rule
def shock_of(tape: Tape, t: int) -> Shock:
    """Return the row of step `t`."""
    return Shock(
        log_return=tape.log_return[t],
        depth=tape.depth[t],
        spread=tape.spread[t],
        keeper=tape.keeper[t],
        gas=tape.gas[t],
        oracle_error=tape.oracle_error[t],
        exploit=tape.exploit[t],
        priority=tape.priority[t],
    )
