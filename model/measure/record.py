"""Phase 9: the series of a run, a row per step, and the audit that closes it.

Columns come in three groups: of the ecosystem, of each asset (suffix: its name) and of each protocol (suffix: its
number). All are written by one kernel; no step allocates anything.
"""

from typing import NamedTuple

import numpy as np

from agents.core.audit import audit, check_price
from agents.core.kernel import inline
from agents.core.ledger import BAD_DEBT, FUND, KEEPER, POOL, RECORD, TREASURY, VAULT, Book
from agents.core.table import Exchanges, Markets, Protocols
from agents.exchange.exchange import leads
from agents.provider.liquidity_provider import vault_equity
from model.measure.series import ASSET_SERIES, ECOSYSTEM_SERIES, PROTOCOL_SERIES, RATES


class Sums(NamedTuple):
    """What is left of the rows of protocols that are not kept; nothing where all are."""

    folded: np.ndarray  # (1,) steps whose rows have been added up
    by_step: np.ndarray  # (steps, 16) sums over protocols
    by_member: np.ndarray  # (protocols, 16) sums over the steps added up


class Record:
    """The series of one run.

    Parameters
    ----------
    steps, assets, protocols : of the run.
    rows : steps of which `protocol` has room, the latest; None: all.

    Attributes
    ----------
    ecosystem : (steps, 4); asset : (steps, assets, 3); protocol : (rows, protocols, 16), columns as named in
        :mod:`model.measure.series`.
    sums : of rows that are not kept.
    """

    def __init__(self, steps: int, assets: tuple[str, ...], protocols: int, rows: int | None = None) -> None:
        self.assets, columns = assets, len(PROTOCOL_SERIES)
        self.sums = Sums(np.zeros(0, np.int64), np.zeros((0, columns)), np.zeros((0, columns)))
        self.ecosystem = np.zeros((steps, len(ECOSYSTEM_SERIES)))
        self.asset = np.zeros((steps, len(assets), len(ASSET_SERIES)))
        self.protocol = np.zeros((steps if rows is None else rows, protocols, len(PROTOCOL_SERIES)))

    def fold(self, steps: int) -> None:
        """Take note of the steps done: here, where all rows are kept, nothing is to be done."""

    def columns(self, steps: int) -> dict[str, np.ndarray]:
        """Return the first `steps` rows, column by column, (steps,) each."""
        found = self._whole(steps)
        for i in range(self.protocol.shape[1]):
            found |= {f"{name}_{i}": self.protocol[:steps, i, c] for c, name in enumerate(PROTOCOL_SERIES)}
        return found

    def totals(self, steps: int) -> dict[str, np.ndarray]:
        """Return the first `steps` rows of what is no protocol's own, and of sums over protocols, (steps,) each."""
        return self._whole(steps) | {name: self.total(name, steps) for name in PROTOCOL_SERIES if name not in RATES}

    def member(self, name: str, steps: int) -> np.ndarray:
        """Return a protocol series summed over the first `steps` steps, (protocols,)."""
        return self.protocol[:steps, :, PROTOCOL_SERIES.index(name)].sum(axis=0)

    def total(self, name: str, steps: int) -> np.ndarray:
        """Return a protocol series summed over protocols, (steps,)."""
        return self.protocol[:steps, :, PROTOCOL_SERIES.index(name)].sum(axis=1)

    def _whole(self, steps: int) -> dict[str, np.ndarray]:
        """Return the columns of ecosystem and assets."""
        found = {name: self.ecosystem[:steps, c] for c, name in enumerate(ECOSYSTEM_SERIES)}
        for k, asset in enumerate(self.assets):
            found |= {f"{name}_{asset}": self.asset[:steps, k, c] for c, name in enumerate(ASSET_SERIES)}
        return found


@inline
def write_protocol(protocol: Protocols, book: Book, row: np.ndarray, p: int) -> None:
    """Write a protocol's own columns, in the order of ``PROTOCOL_SERIES``; those of its listings become zero.

    Parameters
    ----------
    protocol, book : tables of the run, read.
    row : (protocols, 16) the step's columns, of which the protocol's are written.
    p : protocol.
    """
    for column in range(row.shape[1]):
        row[p, column] = 0.0
    row[p, 6] = protocol.uncovered[p]
    row[p, 7] = -book.balance[BAD_DEBT, p]
    row[p, 9] = book.balance[FUND, p]
    row[p, 10] = book.balance[TREASURY, p]


@inline
def add_listing(exchange: Exchanges, book: Book, row: np.ndarray, i: int) -> None:
    """Add what belongs to one listing to its protocol's columns; the funding rate is that of the first listing.

    Parameters
    ----------
    exchange, book : tables of the run, read.
    row : (protocols, 16) the step's columns, written.
    i : listing.
    """
    p = exchange.protocol[i]
    row[p, 0] += max(exchange.long_size[i], exchange.short_size[i]) * exchange.mark[i]
    row[p, 1] += exchange.volume[i]
    row[p, 2] += exchange.liquidated_long[i] + exchange.liquidated_short[i]
    row[p, 3] += exchange.liquidated_long[i]
    row[p, 4] += exchange.liquidations[i]
    row[p, 5] += exchange.deficit[i]
    row[p, 8] += exchange.unserved[i]
    row[p, 11] += vault_equity(
        book.balance[VAULT, i], exchange.vault_size[i], exchange.mark[i], exchange.funding_index[i]
    )
    row[p, 12] += exchange.funding_rate[i] if leads(exchange, i) else 0.0
    row[p, 13] += exchange.trader_deficit[i]
    row[p, 14] += exchange.vault_deficit[i]
    row[p, 15] += exchange.exploit_loss[i]


@inline
def write_assets(market: Markets, book: Book, asset: np.ndarray) -> None:
    """Write an asset's fundamental, the index over its books, and the depth of all, (assets, 3); check all mids."""
    for k in range(asset.shape[0]):
        asset[k, 2] = 0.0
    for b in range(market.shape[0]):
        k = market.asset[b]
        asset[k, 0], asset[k, 1] = market.fundamental[b], market.index[b]
        asset[k, 2] += market.depth[b]
        check_price(book, RECORD, k, market.mid[b], market.first[b])


@inline
def write_step(
    market: Markets, exchange: Exchanges, protocol: Protocols, book: Book, rounds: int,
    ecosystem: np.ndarray, asset: np.ndarray, members: np.ndarray,
) -> None:  # fmt: skip
    """Write one row of every group and audit the ledger.

    Parameters
    ----------
    market, protocol : tables of the run, read.
    exchange, book : read, but for what the audit notes: peaks and a breach.
    rounds : of liquidation in this step.
    ecosystem : (4,) columns of the step, zero before, written.
    asset : (assets, 3) columns of the step, written.
    members : (protocols, 16) columns of the step, written.
    """
    ecosystem[0], ecosystem[1] = book.balance[POOL].sum(), book.balance[KEEPER, 0]
    ecosystem[2] = rounds
    write_assets(market, book, asset)
    for p in range(protocol.shape[0]):
        write_protocol(protocol, book, members, p)
        ecosystem[3] += protocol.status[p]
    for i in range(exchange.shape[0]):
        add_listing(exchange, book, members, i)
    audit(book, exchange, RECORD)
