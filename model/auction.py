r"""Phase 4, first part: value-investing funds and noise traders meet in a call auction.

Noise traders spend a fixed sum whatever the price: they hold what nobody else does of a fixed supply of N contracts, at
the mid price p₀ before the auction, so with Q contracts held by the funds taking part and S the supply less what other
accounts hold, their sum is ξ = (S − Q) p₀. All trade at the one price at which demand meets supply,

    E(p) = ξ + Σ p D_h(p) − S p = 0,        p D_h(p) by (1) of :mod:`agents.value_fund`           (1)

In the setting of the source nobody else is there and the mid before the auction is F / (1 − Q/N), F = ξ/N the price
without funds, which a process of fundamental prices supplies (:mod:`model.process.noise_demand`): (1) is then its market
clearing, ξ/p + Σ D_h(p) = N. The price need not be unique: a fund at its leverage limit demands less as the price falls.
The auctioneer starts at p₀ and moves the price in the direction of excess demand until it is gone, the first price that
clears (tâtonnement; Walras). Between *knots*, where a fund's mispricing, limit or wealth changes its regime, E is a
quadratic, so the price is found exactly.

Source: Thurner, Farmer and Geanakoplos (2012), section 2; that the first price counts is our choice, theirs is unstated.
"""

from typing import Any

import numpy as np

from agents.account import total
from agents.kernel import kernel, part, rule
from agents.ledger import TRADE, reconcile
from agents.value_fund import TRADING, judge_fund, post_all, replace_fund, wanted_contracts
from model.market import mark_all
from model.trading import fill_one

CLEARED = 1e-12


@rule
def spending(
    aggression: float, value: float, limit: float, cash: float, held: float, price: float
) -> tuple[float, float, float]:  # fmt: skip
    """Return (a, b, c) such that a fund spends a p² + b p + c at prices p of the same regime as `price`."""
    if price >= value or cash + held * price <= 0.0:
        return 0.0, 0.0, 0.0
    if aggression * (1.0 - price / value) >= limit:
        return 0.0, limit * held, limit * cash
    return -aggression * held / value, aggression * (held - cash / value), aggression * cash


@rule
def excess(
    funds: Any, held: np.ndarray, limit: float, value: float, noise: float, supply: float, price: float
) -> tuple[float, float, float]:
    """Return (a, b, c) of excess demand (1), USD, near `price`; `held` (funds,) is NaN for who takes no part."""
    a, b, c = 0.0, -supply, noise
    for h in range(held.shape[0]):
        if held[h] >= 0.0:
            more = spending(funds.aggression[h], value, limit, funds.cash[h], held[h], price)
            a, b, c = a + more[0], b + more[1], c + more[2]
    return a, b, c


@rule
def nearer(knot: float, found: float, price: float, up: bool) -> float:
    """Return the nearer of two knots beyond `price`, upwards or downwards."""
    if up:
        return min(knot, found) if knot > price else found
    return max(knot, found) if knot < price else found


@rule
def next_knot(funds: Any, held: np.ndarray, limit: float, value: float, price: float, up: bool) -> float:
    """Return the next price beyond `price` at which a fund changes its regime; inf or 0 where there is none."""
    found = nearer(value, np.inf if up else 0.0, price, up)
    for h in range(held.shape[0]):
        if held[h] >= 0.0:
            found = nearer(value * (1.0 - limit / funds.aggression[h]), found, price, up)
            if held[h] > 0.0:
                found = nearer(-funds.cash[h] / held[h], found, price, up)
    return found


@rule
def first_root(a: float, b: float, c: float, start: float, end: float) -> float:
    """Return the root of a p² + b p + c from `start` to `end` that is nearest to `start`; NaN where there is none."""
    root = b * b - 4.0 * a * c
    if root < 0.0:
        return np.nan
    half = -0.5 * (b + np.copysign(np.sqrt(root), b))
    first = half / a if a != 0.0 else np.nan
    second = c / half if half != 0.0 else np.nan
    low, high = min(start, end), max(start, end)
    inside, other = low <= first <= high, low <= second <= high
    if inside and other:
        return first if abs(first - start) <= abs(second - start) else second
    return first if inside else (second if other else np.nan)


@rule
def clearing_price(
    funds: Any, held: np.ndarray, limit: float, value: float, noise: float, supply: float, start: float
) -> float:
    """Return the first price that clears (1), from `start` in the direction of excess demand."""
    a, b, c = excess(funds, held, limit, value, noise, supply, start)
    gap = (a * start + b) * start + c
    if abs(gap) <= CLEARED * supply * start:
        return start
    up = gap > 0.0
    while True:
        end = next_knot(funds, held, limit, value, start, up)
        a, b, c = excess(funds, held, limit, value, noise, supply, 0.5 * (start + end) if end < np.inf else 2.0 * start)
        price = first_root(a, b, c, start, end)
        if price == price:
            return price
        if end == np.inf or ((a * end + b) * end + c > 0.0) != up:
            return end
        start = end


@part
def prepare(
    accounts: Any, blocks: Any, exchange: Any, protocol: Any, book: Any, funds: Any, held: np.ndarray, h: int, i: int
) -> bool:
    """Post a fund's money and note its cash; tell whether it can trade: its venue is open."""
    row = funds.account[h]
    post_all(accounts, blocks, book, row, i)
    size = accounts.size[row]
    entry = accounts.entry_price[row] + exchange.funding_index[i] - accounts.entry_funding[row]
    funds.cash[h] = accounts.collateral[row] - size * entry
    is_open = exchange.halt[i] <= 0.0 and not protocol.halted[i] > 0
    held[h] = size if is_open and funds.back[h] == TRADING else np.nan
    return is_open


@part
def set_price(market: Any, k: int, price: float) -> None:
    """Let the auction's price be the asset's mid price."""
    market.average[k] = market.mid[k] = price
    market.dislocation[k] = np.log(price / market.fundamental[k])


@kernel
def auction(
    accounts: Any, blocks: Any, exchange: Any, protocol: Any, market: Any, book: Any, funds: Any, mandate: Any,
    first_price: np.ndarray, supply: np.ndarray, fee: float, oracle_error: np.ndarray, step: int,
) -> None:  # fmt: skip
    """Find every asset's price, fill the funds' orders at it, and let investors judge the funds.

    `first_price` (assets,) is the value, `supply` (assets,) contracts.
    """
    slots, count = accounts.size.shape[0] // exchange.shape[0], funds.shape[0]
    held, can = np.empty(count), np.empty(count, np.bool_)
    for k in range(market.shape[0]):
        free = noise = supply[k]
        for i in range(exchange.shape[0]):
            if exchange.asset[i] == k:
                free += exchange.vault_size[i]
                noise += exchange.vault_size[i]
        takers = 0
        for h in range(count):
            i, row = funds.account[h] // slots, funds.account[h]
            held[h], can[h] = np.nan, False
            if exchange.asset[i] == k:
                can[h] = prepare(accounts, blocks, exchange, protocol, book, funds, held, h, i)
                free += accounts.size[row] if can[h] else 0.0
                takers += can[h]
        if takers == 0:
            continue
        price = clearing_price(funds, held, mandate.leverage, first_price[k], noise * market.mid[k], free, market.mid[k])
        set_price(market, k, price)
        for h in range(count):
            if can[h]:
                row, wish = funds.account[h], 0.0
                if held[h] >= 0.0:
                    wish = wanted_contracts(
                        funds.aggression[h], price, first_price[k], mandate.leverage, funds.cash[h], held[h]
                    )
                accounts.order[row] = wish - accounts.size[row]
                if accounts.order[row] != 0.0:
                    fill_one(accounts, blocks, exchange, market, book, fee, row)
    mark_all(market, exchange, oracle_error)
    for h in range(count):
        i = funds.account[h] // slots
        if funds.back[h] == TRADING:
            judge_fund(accounts, blocks, exchange, book, funds, mandate, h, i, step)
        else:
            replace_fund(accounts, blocks, exchange, book, funds, mandate, h, i, step)
    total(accounts, blocks, exchange)
    reconcile(book, exchange, TRADE)
