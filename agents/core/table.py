"""Names for the tables that rules and kernels take, each saying where its columns are declared.

All are record arrays: ``table.column`` is the array of a column, ``table[i]`` a record. Kernels take them as plain
structured arrays (:func:`agents.core.column.bare`), and accounts as a named tuple of one array a column, which reads
the same. Type checkers let every attribute of a record array pass; what columns there are is checked when a kernel is
compiled.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

type Accounts = np.recarray[Any, Any]  # (rows,) agents.account.account.Account
type Blocks = np.recarray[Any, Any]  # (rows / BLOCK,) agents.account.account.BLOCK_COLUMNS
type Exchanges = np.recarray[Any, Any]  # (protocols,) agents.exchange.exchange.Exchange
type Keepers = np.recarray[Any, Any]  # (keepers,) agents.exchange.keeper.Keeper
type Markets = np.recarray[Any, Any]  # (assets,) model.market.market.MARKET_COLUMNS
type Pools = np.recarray[Any, Any]  # (pots,) agents.reinsurer.reinsurer.Reinsurer
type Protocols = np.recarray[Any, Any]  # (protocols,) agents.protocol.protocol.Protocol, a vault's columns among them
type Providers = np.recarray[Any, Any]  # (stakes,) agents.provider.liquidity_provider.LiquidityProvider
type Investors = np.recarray[Any, Any]  # (providers,) agents.provider.capital_provider.CapitalProvider
type ValueFunds = np.recarray[Any, Any]  # (funds,) agents.trader.value_fund.ValueFund
type MatrixLike = ArrayLike | Any  # (n, n), an array, nested lists or a sparse array of SciPy's
