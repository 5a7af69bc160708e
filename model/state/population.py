"""The accounts at the start of a run.

Of each protocol's accounts a share is long; notional is Pareto within each side, capped, and both sides sum to the
protocol's open interest, so that the vault starts flat. Leverage is lognormal, lower for large accounts (as size to
the power −1/2 beyond a threshold) and never so high that liquidation is closer than `seasoning` daily standard
deviations: an unseasoned book would liquidate itself within a day. Entry prices are spread around the first price, so
that some accounts start with profits. None is further off than ``FARTHEST_ENTRY`` times: a long who bought at 10⁹ times
the price would have put up collateral next to which all other money is nothing, and its equity, the difference of two
such sums, would be lost in their last bits.

Every draw is full width and keyed by protocol and slot: one more account changes nobody else's draws.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from agents.account.account import BLOCK, OPEN, make_accounts
from agents.core.table import Accounts
from agents.trader.strategy import STRATEGIES
from model.price.streams import Streams
from model.scenario import Scenario

LEAST_LEVERAGE = 0.05
LEAST_COLLATERAL = 0.1
FARTHEST_ENTRY = 100.0
Array = np.ndarray


class Contract(NamedTuple):
    """What a protocol's accounts trade."""

    price: float  # USD, first price
    daily_volatility: float  # log
    maintenance: float  # 1
    open_interest: float  # USD, one-sided


def slots_per_protocol(scenario: Scenario) -> int:
    """Return the slots of each protocol: traders, reserve and value funds, rounded up to whole blocks."""
    wanted = scenario.trader.number + scenario.trader.reserve + scenario.value_fund.number
    return max(-(-wanted // BLOCK), 1) * BLOCK


def capped_shares(weights: Array, cap: float) -> Array:
    """Return shares proportional to `weights`, none above `cap`, summing to 1.

    What the capped exceed is spread over the others in proportion; a cap below 1/n is raised to it.
    """
    cap = max(cap, 1.0 / len(weights))
    shares = weights / weights.sum()
    for _ in range(50):
        over = shares >= cap
        if not (shares > cap * (1.0 + 1e-12)).any() or over.all():
            break
        shares[over] = cap
        shares[~over] *= (1.0 - cap * over.sum()) / shares[~over].sum()
    return shares


def account_notional(scenario: Scenario, side: Array, uniform: Array, open_interest: float) -> Array:
    """Return notional of each account, (n,) USD > 0: Pareto, capped, each side summing to the open interest.

    Parameters
    ----------
    scenario : all parameters.
    side : (n,) 1 for longs, -1 for shorts.
    uniform : (n,) draws in (0, 1).
    open_interest : USD > 0, of each side.
    """
    weights = (1.0 - uniform) ** (-1.0 / scenario.trader.size_tail)
    notional = np.empty_like(weights)
    for sign in (1.0, -1.0):
        own = side == sign
        if own.any():
            notional[own] = open_interest * capped_shares(weights[own], scenario.trader.size_cap)
    return notional


def account_leverage(scenario: Scenario, side: Array, notional: Array, uniform: Array, contract: Contract) -> Array:
    """Return leverage of each account, (n,): lognormal, falling with size, seasoned.

    Parameters
    ----------
    scenario : all parameters.
    side : (n,) 1 for longs, -1 for shorts.
    notional : (n,) USD > 0.
    uniform : (n,) draws in (0, 1).
    contract : what the protocol lists.
    """
    trader = scenario.trader
    median = np.where(side > 0, trader.long_leverage, trader.short_leverage)
    large = trader.large_account * contract.open_interest
    leverage = median * np.exp(trader.leverage_spread * ndtri(uniform)) * np.minimum(1.0, (notional / large) ** -0.5)
    highest = 1.0 / (contract.maintenance + trader.seasoning * contract.daily_volatility)
    return np.clip(leverage, LEAST_LEVERAGE, highest)


def entry_move(sd: float, uniform: Array) -> Array:
    """Return log moves from the first price to each entry, (n,), of standard deviation `sd`, held within bounds."""
    farthest = np.log(FARTHEST_ENTRY)
    return np.clip(sd * ndtri(uniform), -farthest, farthest)


def entry_and_collateral(size: Array, equity: Array, contract: Contract, drawn: Array) -> tuple[Array, Array]:
    """Return entry prices near `drawn` and collateral, at least a tenth of equity, so that equity is as given.

    Parameters
    ----------
    size : (n,) contracts, short < 0.
    equity : (n,) USD > 0.
    contract : what the protocol lists.
    drawn : (n,) USD per contract, > 0, entry prices as drawn.
    """
    collateral = np.maximum(equity - size * (contract.price - drawn), LEAST_COLLATERAL * equity)
    return contract.price - (equity - collateral) / size, collateral


def strategies(scenario: Scenario, uniform: Array) -> Array:
    """Return strategy codes, (n,), by the shares of the trader section."""
    shares = np.array([getattr(scenario.trader, name) for name in STRATEGIES])
    return np.searchsorted(np.cumsum(shares) / shares.sum(), uniform, side="right").clip(max=len(shares) - 1)


def fill_protocol(scenario: Scenario, streams: Streams, accounts: Accounts, i: int, contract: Contract) -> None:
    """Draw the accounts of protocol `i` into its slots.

    Parameters
    ----------
    scenario : all parameters.
    streams : the run's random numbers.
    accounts : (rows,) of all protocols, written in place.
    i : index of the protocol.
    contract : what it lists.
    """
    trader, number = scenario.trader, scenario.trader.number
    first = i * slots_per_protocol(scenario)
    rows = slice(first, first + number)

    def draw(name: str) -> Array:
        return streams.uniform(f"trader.{name}", i, size=number)

    side = np.where(draw("side") < trader.long_share, 1.0, -1.0)
    notional = account_notional(scenario, side, draw("size"), contract.open_interest)
    leverage = account_leverage(scenario, side, notional, draw("leverage"), contract)
    equity, size = notional / leverage, side * notional / contract.price
    drawn = contract.price * np.exp(entry_move(trader.entry_spread * contract.daily_volatility, draw("entry")))
    accounts.size[rows] = accounts.anchor[rows] = size
    accounts.entry_price[rows], accounts.collateral[rows] = entry_and_collateral(size, equity, contract, drawn)
    accounts.wallet[rows] = -trader.wallet_ratio * equity * np.log1p(-draw("wallet"))
    accounts.leverage[rows] = leverage
    accounts.strategy[rows] = strategies(scenario, draw("strategy"))
    accounts.status[rows] = OPEN


def draw_population(scenario: Scenario, streams: Streams, contracts: list[Contract]) -> Accounts:
    """Return the accounts of all protocols at the start."""
    accounts = make_accounts(slots_per_protocol(scenario) * len(contracts))
    if scenario.trader.number:
        for i, contract in enumerate(contracts):
            fill_protocol(scenario, streams, accounts, i, contract)
    return accounts
