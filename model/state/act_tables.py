"""The tables that each act of a step is given: those it reads and writes, and no others.

A kernel takes tables by value, every array as seven numbers or more. Given all tables, the acts of a calm step spent
more on passing them than on what they do. Names are those of :class:`model.state.table.Tables`, from which each group
is taken (:func:`agents.core.chain.tables_of`).
"""

from typing import NamedTuple

import numpy as np

from agents.account.owner import OwnerRoom, Owners
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

Array = np.ndarray


class DueTables(NamedTuple):
    """Of what says whether phases 6 and 7 have anything to do."""

    protocol: Protocols
    book: Book
    losses: Losses
    carried: Array  # (1,) bool, whether a debt was carried at the end of the last waterfall


class PriceTables(NamedTuple):
    """Of shocks and prices."""

    market: Markets
    exchange: Exchanges
    protocol: Protocols
    book: Book


class FundingTables(NamedTuple):
    """Of the funding rate."""

    exchange: Exchanges
    market: Markets


class AuctionTables(NamedTuple):
    """Of the value funds' auction."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    protocol: Protocols
    market: Markets
    book: Book
    funds: ValueFunds


class TradeTables(NamedTuple):
    """Of traders and the orders they place."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    protocol: Protocols
    market: Markets
    book: Book
    tiers: Tiers  # the schedule of margins
    owners: Owners  # with accounts at several protocols
    owner_room: OwnerRoom
    rows: Array  # (rows,) room for lists of accounts


class LiquidationTables(NamedTuple):
    """Of liquidations."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    keepers: Keepers
    book: Book
    tiers: Tiers  # the schedule of margins
    capacity: Array  # (keepers, listings) USD left to each keeper
    rows: Array  # (rows,) room for lists of accounts
    jobs: Jobs  # room for one round's liquidations
    rounds: Array  # (1,) int64, written


class ClosingTables(NamedTuple):
    """Of liquidations by a closing sequence."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    market: Markets
    keepers: Keepers
    protocol: Protocols
    book: Book
    backing: Backing
    tiers: Tiers  # the schedule of margins
    capacity: Array  # (keepers, listings) USD left to each keeper
    rows: Array  # (rows,) room for lists of accounts
    jobs: Jobs  # room for one account's liquidations
    room: Room  # for lists of one listing's accounts
    losses: Losses
    rounds: Array  # (1,) int64, written


class MakerTables(NamedTuple):
    """Of market makers."""

    market: Markets
    exchange: Exchanges
    book: Book
    makers: Makers
    inventory: Inventory


class SuccessionTables(NamedTuple):
    """Of the positions of closed vaults."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    book: Book
    tiers: Tiers  # the schedule of margins
    closed: Closed
    losses: Losses
    room: Room  # for lists of one listing's accounts


class ClosedTables(NamedTuple):
    """Of what says whether a vault was closed."""

    exchange: Exchanges
    closed: Closed


class DescentTables(NamedTuple):
    """Of the layers of the waterfall."""

    exchange: Exchanges
    protocol: Protocols
    pool: Pools
    book: Book
    layers: LayerTables
    layer_room: LayerRoom
    losses: Losses


class LossTables(NamedTuple):
    """Of the loss regimes."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    protocol: Protocols
    book: Book
    tiers: Tiers  # the schedule of margins
    losses: Losses
    regimes: tuple[Remembered, Remembered]
    room: Room  # for lists of one listing's accounts
    carried: Array  # (1,) bool, whether a debt was carried at the end of the last waterfall


class DebtTables(NamedTuple):
    """Of debts that treasuries pay."""

    accounts: Accounts
    blocks: Blocks
    exchange: Exchanges
    protocol: Protocols
    book: Book


class BackingTables(NamedTuple):
    """Of confidence, and of risk controls, which follow what stands behind a protocol."""

    exchange: Exchanges
    market: Markets
    protocol: Protocols
    book: Book
    backing: Backing
    mood: Mood


class CapitalTables(NamedTuple):
    """Of fees, premiums and liquidity providers."""

    exchange: Exchanges
    protocol: Protocols
    providers: Providers
    pool: Pools
    book: Book
    backing: Backing


class BreakerTables(NamedTuple):
    """Of circuit breakers."""

    exchange: Exchanges
    market: Markets
    breaker: Watch


class RecordTables(NamedTuple):
    """Of the series of the step."""

    market: Markets
    exchange: Exchanges
    protocol: Protocols
    book: Book
    ecosystem: Array  # (steps, 4) series, of model.measure.record
    asset: Array  # (steps, assets, 3)
    member: Array  # (steps, protocols, 16)
    rounds: Array  # (1,) int64, rounds of liquidations in the present step
