"""Names for the tables that rules and kernels take, each saying where its columns are declared.

Most are record arrays: ``table.column`` is the array of a column, ``table[i]`` a record. Kernels take them as plain
structured arrays (:func:`agents.core.column.bare`), which read the same. Accounts are many and have an array of their
own for every column. Type checkers let every name of a column pass; which there are is checked when a kernel is
compiled.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike


class Accounts(Protocol):
    """(rows,) agents.account.account.Account: one array a column."""

    def __getattr__(self, name: str) -> Any:
        """Return a column, (rows,)."""


type Blocks = np.recarray[Any, Any]  # (rows / BLOCK,) agents.account.account.BLOCK_COLUMNS
type Exchanges = np.recarray[Any, Any]  # (protocols,) agents.exchange.exchange.Exchange
type Keepers = np.recarray[Any, Any]  # (keepers,) agents.exchange.keeper.Keeper
type Makers = np.recarray[Any, Any]  # (makers,) agents.market_maker.market_maker.MarketMaker
type Markets = np.recarray[Any, Any]  # (books,) model.market.market.MARKET_COLUMNS
type Tiers = np.recarray[Any, Any]  # (tiers,) agents.account.margin_tier.TIER_COLUMNS
type Pools = np.recarray[Any, Any]  # (pots,) agents.reinsurer.reinsurer.Reinsurer
type Protocols = np.recarray[Any, Any]  # (protocols,) agents.protocol.protocol.Protocol, a vault's columns among them
type Providers = np.recarray[Any, Any]  # (stakes,) agents.provider.liquidity_provider.LiquidityProvider
type Investors = np.recarray[Any, Any]  # (providers,) agents.provider.capital_provider.CapitalProvider
type ValueFunds = np.recarray[Any, Any]  # (funds,) agents.trader.value_fund.ValueFund
type MatrixLike = ArrayLike | Any  # (n, n), an array, nested lists or a sparse array of SciPy's
type Matrix = Any  # (n, n), checked: an array, or a CSR array of SciPy's, which has no types
