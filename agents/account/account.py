"""The accounts of all protocols in arrays, and the blocks that let a step skip most of them.

Rows are permanent slots, protocol by protocol: protocol i owns rows i·n … (i+1)·n − 1, n a multiple of ``BLOCK``, so a
block never spans two protocols. For every block the extreme **level** of its longs and shorts is kept (see
:mod:`agents.account.position`): if the worst long is safe, all longs of the block are. Sums over a block (contracts,
entry value, collateral, wallets) give open interest, unrealised profit and the ledger's control totals.

A row that changes makes its block stale; a stale block is recomputed from its rows, never updated by differences, so
that sums depend on the state alone, do not drift, and are the same however the state was reached.
"""

from collections import namedtuple
from typing import NamedTuple

import numpy as np

from agents.account.margin_tier import maintenance_rate
from agents.account.position import equity, level, long_threshold, short_threshold
from agents.core.column import Column, RowAgent
from agents.core.extreme import extremes
from agents.core.kernel import inline, kernel, lean_rule, rule
from agents.core.table import Accounts, Blocks, Exchanges, Tiers

BLOCK = 64
EMPTY, OPEN, GUEST = 0, 1, 2


class Account(RowAgent):
    """One leveraged position in a perpetual at one listing, with its margin."""

    size = Column("f8", "contracts, short < 0", "position")
    entry_price = Column("f8", "USD per contract, > 0", "average entry price")
    entry_funding = Column("f8", "USD per contract", "funding index when the position was last settled")
    collateral = Column("f8", "USD, >= 0", "margin posted at the exchange")
    wallet = Column("f8", "USD, >= 0", "money of the same owner outside the exchange")
    level = Column("f8", "USD per contract", "bankruptcy price net of the funding index")
    leverage = Column("f8", "1, >= 0", "leverage the owner is willing to take")
    anchor = Column("f8", "contracts, short < 0", "position the owner comes back to")
    order = Column("f8", "contracts, sale < 0", "order waiting for the market in this step")
    realised = Column("f8", "USD", "profit realised so far, fees and haircuts deducted, losses up to the collateral")
    haircut = Column("f8", "USD, >= 0", "loss of others borne so far")
    cut = Column("f8", "1, >= 0", "largest fraction of equity taken at once")
    partial_step = Column("i4", "step, from 1", "last step in which a part was liquidated by rule, 0 for none")
    deleveraged = Column("f8", "USD, >= 0", "notional closed by a loss regime so far")
    strategy = Column("i1", "code", "index into agents.trader.strategy.STRATEGIES")
    cross = Column("i1", "flag", "1 where its margin is shared with the same slot of the protocol's other listings")
    status = Column("i1", "code", "EMPTY slot, OPEN account, GUEST account of a researcher's own agent")


AccountColumns = namedtuple("AccountColumns", list(Account.columns()))  # type: ignore[misc]

BLOCK_COLUMNS = np.dtype(
    [
        ("worst_long", "f8"),  # USD per contract, greatest level of the block's longs, -inf without
        ("worst_short", "f8"),  # USD per contract, least level of the block's shorts, +inf without
        ("long_size", "f8"),  # contracts, >= 0
        ("short_size", "f8"),  # contracts, >= 0
        ("basis", "f8"),  # USD, sum of q (p0 - funding index at entry), short < 0
        ("collateral", "f8"),  # USD, >= 0
        ("wallet", "f8"),  # USD, >= 0
        ("stale", "i8"),  # 1 where a row changed since the block was computed
    ],
    align=True,
)


def make_accounts(rows: int) -> Accounts:
    """Return empty accounts; `rows` must be a multiple of ``BLOCK``."""
    columns = (np.zeros(rows, dtype=column.kind) for column in Account.columns().values())
    return AccountColumns(*columns)  # type: ignore[return-value]  # read as a record array is


def make_blocks(rows: int) -> Blocks:
    """Return a record array with a record per block, all stale."""
    blocks = np.zeros(rows // BLOCK, dtype=BLOCK_COLUMNS).view(np.recarray)
    blocks.stale[:] = 1
    return blocks


@rule
def equity_of(accounts: Accounts, row: int, mark: float, funding: float) -> float:
    """Return collateral plus unrealised profit less funding owed of a position, USD.

    Parameters
    ----------
    accounts : table of the run, read.
    row : the position's row.
    mark : price it is valued at, USD per contract.
    funding : funding index of its listing, USD per contract.
    """
    owed = funding - accounts.entry_funding[row]
    return equity(accounts.collateral[row], accounts.size[row], accounts.entry_price[row], mark, owed)


@rule
def maintenance_of(accounts: Accounts, row: int, mark: float, first: float, tiers: Tiers) -> float:
    """Return the maintenance margin of a position, |q| p times the rate of its tier, USD; zero without a position.

    Parameters
    ----------
    accounts : table of the run, read.
    row : the position's row.
    mark : p, USD per contract.
    first : maintenance rate of the first tier.
    tiers : the schedule of margins.
    """
    notional = abs(accounts.size[row]) * mark
    return notional * maintenance_rate(first, notional, tiers)


@rule
def touch(accounts: Accounts, blocks: Blocks, row: int) -> None:
    """Recompute the level of a row that changed and mark its block stale; clear the entry of a flat account."""
    if accounts.size[row] == 0.0:
        accounts.entry_price[row] = accounts.entry_funding[row] = 0.0
    accounts.level[row] = level(
        accounts.collateral[row], accounts.size[row], accounts.entry_price[row], accounts.entry_funding[row]
    )
    blocks.stale[row // BLOCK] = 1


@inline
def refresh_block(accounts: Accounts, blocks: Blocks, block: int) -> None:
    """Recompute extremes and sums of one block from its rows."""
    first, last = block * BLOCK, block * BLOCK + BLOCK
    sizes, entries, fundings = accounts.size, accounts.entry_price, accounts.entry_funding
    collaterals, wallets = accounts.collateral, accounts.wallet
    long_size = short_size = basis = collateral = wallet = 0.0
    for row in range(first, last):
        size = sizes[row]
        long_size += max(size, 0.0)
        short_size -= min(size, 0.0)
        basis += size * (entries[row] - fundings[row])
        collateral += collaterals[row]
        wallet += wallets[row]
    blocks.worst_long[block], blocks.worst_short[block] = extremes(sizes, accounts.level, first, last)
    blocks.long_size[block], blocks.short_size[block] = long_size, short_size
    blocks.basis[block], blocks.collateral[block], blocks.wallet[block] = basis, collateral, wallet
    blocks.stale[block] = 0


@inline
def total(accounts: Accounts, blocks: Blocks, exchange: Exchanges) -> None:
    """Recompute the stale blocks and sum the blocks of every protocol into its exchange's record."""
    per_protocol = blocks.shape[0] // exchange.shape[0]
    stale, longs, shorts, bases = blocks.stale, blocks.long_size, blocks.short_size, blocks.basis
    collaterals, wallets = blocks.collateral, blocks.wallet
    for i in range(exchange.shape[0]):
        long_size = short_size = basis = collateral = wallet = 0.0
        for block in range(i * per_protocol, (i + 1) * per_protocol):
            if stale[block]:
                refresh_block(accounts, blocks, block)
            long_size += longs[block]
            short_size += shorts[block]
            basis += bases[block]
            collateral += collaterals[block]
            wallet += wallets[block]
        exchange.long_size[i], exchange.short_size[i] = long_size, short_size
        exchange.basis[i], exchange.collateral[i], exchange.wallet[i] = basis, collateral, wallet


@rule
def in_danger(size: float, row_level: float, long_limit: float, short_limit: float) -> bool:
    """Tell whether a position is below its maintenance margin, given the two numbers of the market.

    Parameters
    ----------
    size : contracts, short < 0, 0 for a flat account, which is never in danger.
    row_level : level of the position, USD per contract.
    long_limit, short_limit : levels beyond which its venue liquidates a long, a short, USD per contract.
    """
    return ((size > 0.0) & (row_level > long_limit)) | ((size < 0.0) & (row_level < short_limit))


class MarginTest(NamedTuple):
    """What a test of margins at a venue reads, but for the positions."""

    mark: float  # USD per contract
    rate: float  # 1, margin of the first tier over notional
    funding: float  # USD per contract, funding index
    long_limit: float  # USD per contract, level beyond which a long fails in the first tier
    short_limit: float  # USD per contract, level below which a short does


@lean_rule
def margin_test(mark: float, rate: float, funding: float) -> MarginTest:
    """Return the test of margins at a venue; parameters as in :class:`MarginTest`."""
    return MarginTest(mark, rate, funding, long_threshold(mark, rate, funding), short_threshold(mark, rate, funding))


@lean_rule
def fails(test: MarginTest, size: float, row_level: float, tiers: Tiers) -> bool:
    """Tell whether a position is below the margin of its notional.

    Parameters
    ----------
    test : of its venue.
    size : contracts, short < 0, 0 for a flat account, which never fails.
    row_level : level of the position, USD per contract.
    tiers : the schedule of margins.
    """
    if tiers.shape[0] == 0:
        return in_danger(size, row_level, test.long_limit, test.short_limit)
    rate = maintenance_rate(test.rate, abs(size) * test.mark, tiers)
    long_limit = long_threshold(test.mark, rate, test.funding)
    return in_danger(size, row_level, long_limit, short_threshold(test.mark, rate, test.funding))


@lean_rule
def passes(
    test: MarginTest, worst_long: float, worst_short: float, long_size: float, short_size: float, tiers: Tiers
) -> bool:
    """Tell whether no position of a block that is not stale can be below its margin.

    The extreme levels are tested at the margin of all longs, of all shorts of the block together. No position has a
    higher one: rates do not fall with notional, and nor does any operation of the test, to the last bit.

    Parameters
    ----------
    test : of its venue.
    worst_long, worst_short, long_size, short_size : of the block, USD per contract, and contracts, >= 0.
    tiers : the schedule of margins.
    """
    if not (worst_long <= test.long_limit and worst_short >= test.short_limit):
        return False
    if tiers.shape[0] == 0:
        return True
    longs = maintenance_rate(test.rate, long_size * test.mark, tiers)
    shorts = maintenance_rate(test.rate, short_size * test.mark, tiers)
    long_limit = long_threshold(test.mark, longs, test.funding)
    return worst_long <= long_limit and worst_short >= short_threshold(test.mark, shorts, test.funding)


@rule
def flag(accounts: Accounts, blocks: Blocks, exchange: Exchanges, tiers: Tiers, flagged: np.ndarray) -> int:
    """Write the rows below maintenance margin into `flagged`, in order of slot; return how many there are.

    Blocks whose extremes are safe are skipped without looking at a row. No block may be stale.

    Parameters
    ----------
    accounts, blocks, exchange : tables of the run, read.
    tiers : the schedule of margins.
    flagged : room for every row; row numbers are written from its start.
    """
    found = 0
    per_protocol = blocks.shape[0] // exchange.shape[0]
    sizes, levels = accounts.size, accounts.level
    worst_long, worst_short, longs, shorts = blocks.worst_long, blocks.worst_short, blocks.long_size, blocks.short_size
    for i in range(exchange.shape[0]):
        test = margin_test(exchange.mark[i], exchange.maintenance[i], exchange.funding_index[i])
        for block in range(i * per_protocol, (i + 1) * per_protocol):
            if passes(test, worst_long[block], worst_short[block], longs[block], shorts[block], tiers):
                continue
            for row in range(block * BLOCK, block * BLOCK + BLOCK):
                if fails(test, sizes[row], levels[row], tiers):
                    flagged[found] = row
                    found += 1
    return found


@kernel
def recount(accounts: Accounts, blocks: Blocks, exchange: Exchanges) -> None:
    """Recompute all blocks and totals from the rows."""
    blocks.stale[:] = 1
    total(accounts, blocks, exchange)


@kernel
def level_all(accounts: Accounts) -> None:
    """Compute the level of every row, after positions were set from outside."""
    for row in range(accounts.size.shape[0]):
        accounts.level[row] = level(
            accounts.collateral[row],
            accounts.size[row],
            accounts.entry_price[row],
            accounts.entry_funding[row],
        )
