r"""Phase 4, first part: value-investing funds and noise traders meet in a call auction.

Noise traders spend a fixed sum whatever the price: they hold what nobody else does of a fixed supply of N contracts, at
the mid price p₀ before the auction, so with Q contracts held by the funds taking part and S the supply less what other
accounts hold, their sum is ξ = (S − Q) p₀. All trade at the one price at which demand meets supply,

    E(p) = ξ + Σ p D_h(p) − S p = 0,        p D_h(p) by (1) of :mod:`agents.trader.value_fund`           (1)

In the setting of the source nobody else is there and the mid before the auction is F / (1 − Q/N), F = ξ/N the price
without funds, which a process of fundamental prices supplies (:mod:`model.price.process.noise_demand`): (1) is then its
market clearing, ξ/p + Σ D_h(p) = N. The price need not be unique: a fund at its leverage limit demands less as the
price falls. The auctioneer starts at p₀ and moves the price in the direction of excess demand until it is gone, the
first price that clears (tâtonnement; Walras). Between *knots*, where a fund's mispricing, limit or wealth changes its
regime, E is a quadratic, so the price is found exactly. Of H funds there are at most 2 H + 1 knots, the value and two
of each, and each is passed once: (1) is solved in 2 H + 2 pieces. It can always be solved, since at zero there is
demand ξ > 0 and at infinity there is supply only: where no price is found the input was not finite, and the run
stops.

Source: Thurner, Farmer and Geanakoplos (2012). That the first price counts is our choice.
"""

from typing import NamedTuple

import numpy as np

from agents.account.account import total
from agents.core.audit import check_price, reconcile
from agents.core.kernel import inline, rule
from agents.core.ledger import ROUNDS, TRADE, Book, breach
from agents.core.table import Accounts, Blocks, Exchanges, Markets, Protocols, ValueFunds
from agents.trader.value_fund import TRADING, Mandate, judge_fund, post_all, replace_fund, wanted_contracts
from model.market.market import mark_all
from model.market.order_clearing import fill_one

CLEARED = 1e-12
"""Tolerance: relative excess demand, and relative distance of a root from the end of its piece."""


@rule
def spending(
    aggression: float, value: float, limit: float, cash: float, held: float, price: float
) -> tuple[float, float, float]:  # fmt: skip
    """Return (a, b, c) such that a fund spends a p² + b p + c at prices p of the same regime as `price`.

    Parameters
    ----------
    aggression : leverage per unit of relative mispricing, > 0.
    value : USD per contract, > 0.
    limit : 1, largest leverage, > 0.
    cash : USD, a loan < 0.
    held : contracts, >= 0.
    price : USD per contract, > 0.
    """
    if price >= value or cash + held * price <= 0.0:
        return 0.0, 0.0, 0.0
    if aggression * (1.0 - price / value) >= limit:
        return 0.0, limit * held, limit * cash
    return -aggression * held / value, aggression * (held - cash / value), aggression * cash


@rule
def excess(
    funds: ValueFunds, held: np.ndarray, limit: float, value: float, noise: float, supply: float, price: float
) -> tuple[float, float, float]:
    """Return (a, b, c) of excess demand (1), USD, near `price`.

    Parameters
    ----------
    funds : table of the run, read.
    held : (funds,) contracts, >= 0; NaN for who demands nothing.
    limit : 1, largest leverage of a fund, > 0.
    value : USD per contract, > 0.
    noise : USD that noise traders spend, > 0.
    supply : contracts for funds and noise traders together.
    price : USD per contract, > 0.
    """
    a, b, c = 0.0, -supply, noise
    for h in range(held.shape[0]):
        if held[h] >= 0.0:
            more = spending(funds.aggression[h], value, limit, funds.cash[h], held[h], price)
            a, b, c = a + more[0], b + more[1], c + more[2]
    return a, b, c


@rule
def nearer(knot: float, found: float, price: float, up: bool) -> float:
    """Return the nearer of two knots beyond `price`, upwards or downwards.

    Parameters
    ----------
    knot : USD per contract, on either side of `price`.
    found : USD per contract, nearest so far; inf or 0 for none.
    price : USD per contract, where the search stands.
    up : whether it goes upwards.
    """
    if up:
        return min(knot, found) if knot > price else found
    return max(knot, found) if knot < price else found


@rule
def next_knot(funds: ValueFunds, held: np.ndarray, limit: float, value: float, price: float, up: bool) -> float:
    """Return the next price beyond `price` at which a fund changes its regime; inf or 0 where there is none.

    Parameters
    ----------
    funds : table of the run, read.
    held : (funds,) contracts, >= 0; NaN for who demands nothing.
    limit : 1, largest leverage of a fund, > 0.
    value, price : USD per contract, > 0.
    up : whether the search goes upwards.

    Returns
    -------
    USD per contract.
    """
    found = nearer(value, np.inf if up else 0.0, price, up)
    for h in range(held.shape[0]):
        if held[h] >= 0.0:
            found = nearer(value * (1.0 - limit / funds.aggression[h]), found, price, up)
            if held[h] > 0.0:
                found = nearer(-funds.cash[h] / held[h], found, price, up)
    return found


@rule
def first_root(a: float, b: float, c: float, start: float, end: float) -> float:
    """Return the root of a p² + b p + c from `start` to `end` that is nearest to `start`; NaN where there is none.

    Parameters
    ----------
    a, b, c : of excess demand, USD, at p in USD per contract.
    start, end : USD per contract, bounds of the piece; `end` is below `start` downwards, may be 0 or inf.

    Returns
    -------
    USD per contract.
    """
    root = b * b - 4.0 * a * c
    if root < 0.0:
        return np.nan
    half = -0.5 * (b + np.copysign(np.sqrt(root), b))
    first = half / a if a != 0.0 else np.nan
    second = c / half if half != 0.0 else np.nan
    low, high = min(start, end) * (1.0 - CLEARED), max(start, end) * (1.0 + CLEARED)
    inside, other = low <= first <= high, low <= second <= high
    if inside and other:
        return first if abs(first - start) <= abs(second - start) else second
    return first if inside else (second if other else np.nan)


@rule
def most_pieces(funds: int) -> int:
    """Return 2 H + 2, the pieces into which the knots of H funds cut all prices."""
    return 2 * funds + 2


@rule
def clearing_price(
    funds: ValueFunds, held: np.ndarray, limit: float, value: float, noise: float, supply: float, start: float
) -> float:
    """Return the first price that clears (1), from `start` in the direction of excess demand; NaN if there is none.

    Parameters
    ----------
    funds : table of the run, read.
    held : (funds,) contracts, >= 0; NaN for who demands nothing.
    limit : 1, largest leverage of a fund, > 0.
    value : USD per contract, > 0.
    noise : USD that noise traders spend, > 0.
    supply : contracts for funds and noise traders together.
    start : USD per contract, > 0, mid price before the auction.

    Returns
    -------
    USD per contract.
    """
    a, b, c = excess(funds, held, limit, value, noise, supply, start)
    gap = (a * start + b) * start + c
    if abs(gap) <= CLEARED * supply * start:
        return start
    up = gap > 0.0
    for _ in range(most_pieces(held.shape[0])):
        end = next_knot(funds, held, limit, value, start, up)
        a, b, c = excess(funds, held, limit, value, noise, supply, 0.5 * (start + end) if end < np.inf else 2.0 * start)
        price = first_root(a, b, c, start, end)
        if not np.isnan(price):
            return price
        if 0.0 < end < np.inf and ((a * end + b) * end + c > 0.0) != up:
            return end
        start = end
    return np.nan


@inline
def prepare(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, protocol: Protocols, book: Book, funds: ValueFunds,
    held: np.ndarray, takes_part: np.ndarray, k: int,
) -> float:  # fmt: skip
    """Post money and note cash of the funds on asset k whose venues are open; return the contracts they hold.

    Parameters
    ----------
    accounts, blocks, exchange, protocol, book : tables of the run; wallets, collateral and balances are written.
    funds : table of the run; cash is written.
    held : (funds,) contracts, >= 0, written: NaN for who demands nothing, a bankrupt fund or one that takes no part.
    takes_part : (funds,) bool, written: whether its venue is open and trades asset k.
    k : asset.
    """
    slots, contracts = accounts.size.shape[0] // exchange.shape[0], 0.0
    for h in range(funds.shape[0]):
        row = funds.account[h]
        i, size = row // slots, accounts.size[row]
        held[h] = np.nan
        takes_part[h] = (
            exchange.asset[i] == k and exchange.halt[i] <= 0.0 and protocol.halted[exchange.protocol[i]] == 0
        )
        if takes_part[h]:
            post_all(accounts, blocks, book, row, i)
            owed = exchange.funding_index[i] - accounts.entry_funding[row]
            funds.cash[h] = accounts.collateral[row] - size * (accounts.entry_price[row] + owed)
            contracts += size
            if funds.back[h] == TRADING:
                held[h] = size
    return contracts


@inline
def set_price(market: Markets, k: int, price: float) -> None:
    """Set the asset's mid price to that of the auction."""
    market.average[k] = market.mid[k] = price
    market.dislocation[k] = market.pressure[k] = np.log(price / market.fundamental[k])


@inline
def fill_all(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, market: Markets, book: Book, funds: ValueFunds,
    held: np.ndarray, takes_part: np.ndarray, limit: float, value: float, fee: np.ndarray, price: float,
) -> None:  # fmt: skip
    """Bring every fund that takes part to its demand at the price, a bankrupt one to zero.

    Parameters
    ----------
    accounts, blocks, exchange, market, book : tables of the run; all but `market` are written.
    funds : table of the run, read.
    held : (funds,) contracts, >= 0; NaN for who demands nothing.
    takes_part : (funds,) bool.
    limit : 1, largest leverage of a fund, > 0.
    value, price : USD per contract, > 0.
    fee : (listings,) 1, share of notional, >= 0.
    """
    for h in range(funds.shape[0]):
        if takes_part[h]:
            row, wish = funds.account[h], 0.0
            if held[h] >= 0.0:
                wish = wanted_contracts(funds.aggression[h], price, value, limit, funds.cash[h], held[h])
            accounts.order[row] = wish - accounts.size[row]
            if accounts.order[row] != 0.0:
                fill_one(accounts, blocks, exchange, market, book, fee, row)


@inline
def review(
    accounts: Accounts, blocks: Blocks, exchange: Exchanges, book: Book, funds: ValueFunds, mandate: Mandate, step: int
) -> None:
    """Let investors judge the funds that trade, and replace those whose time has come.

    Parameters
    ----------
    accounts, blocks, exchange, book, funds : tables of the run; all but `exchange` are written.
    mandate : what all funds have in common.
    step : present step.
    """
    slots = accounts.size.shape[0] // exchange.shape[0]
    for h in range(funds.shape[0]):
        i = funds.account[h] // slots
        if funds.back[h] == TRADING:
            judge_fund(
                accounts=accounts, blocks=blocks, exchange=exchange, book=book, funds=funds, mandate=mandate, h=h, i=i,
                step=step,
            )  # fmt: skip
        else:
            replace_fund(
                accounts=accounts, blocks=blocks, exchange=exchange, book=book, funds=funds, mandate=mandate, h=h, i=i,
                step=step,
            )  # fmt: skip


@rule
def held_by_vaults(exchange: Exchanges, k: int) -> float:
    """Return the contracts vaults hold of asset k; what they are short of, accounts are long."""
    contracts = 0.0
    for i in range(exchange.shape[0]):
        contracts += exchange.vault_size[i] + exchange.taken_size[i] if exchange.asset[i] == k else 0.0
    return contracts


class Auction(NamedTuple):
    """Constants of the auction."""

    mandate: Mandate
    value: np.ndarray  # (assets,) USD per contract
    supply: np.ndarray  # (assets,) contracts
    fee: np.ndarray  # (listings,) 1, of trades


@inline
def auction(
    accounts: Accounts,
    blocks: Blocks,
    exchange: Exchanges,
    protocol: Protocols,
    market: Markets,
    book: Book,
    funds: ValueFunds,
    terms: Auction,
    oracle_error: np.ndarray,
    step: int,
) -> None:
    """Find every asset's price, fill the funds' orders at it, and let investors judge the funds.

    Where other accounts hold more than the supply there is no auction.

    Parameters
    ----------
    accounts, blocks, exchange, protocol, market, book, funds : tables of the run; all but `protocol` are written.
    terms : constants.
    oracle_error : (listings,) 1, relative error of the mark.
    step : present step.
    """
    mandate, value, supply, fee = terms.mandate, terms.value, terms.supply, terms.fee
    held, takes_part = np.empty(funds.shape[0]), np.empty(funds.shape[0], np.bool_)
    limit = mandate.leverage
    for k in range(market.shape[0]):
        contracts = prepare(
            accounts=accounts, blocks=blocks, exchange=exchange, protocol=protocol, book=book, funds=funds, held=held,
            takes_part=takes_part, k=k,
        )  # fmt: skip
        start, noise = market.mid[k], supply[k] + held_by_vaults(exchange, k)
        if takes_part.any() and noise > 0.0:
            price = clearing_price(funds, held, limit, value[k], noise * start, noise + contracts, start)
            if not price > 0.0:
                breach(book, TRADE, ROUNDS, k, most_pieces(funds.shape[0]), start)
                return
            check_price(book, TRADE, k, price, market.first[k])
            if book.breach[0] >= 0.0:
                return
            set_price(market, k, price)
            fill_all(
                accounts=accounts, blocks=blocks, exchange=exchange, market=market, book=book, funds=funds, held=held,
                takes_part=takes_part, limit=limit, value=value[k], fee=fee, price=price,
            )  # fmt: skip
    mark_all(market, exchange, oracle_error)
    review(accounts, blocks, exchange, book, funds, mandate, step)
    total(accounts, blocks, exchange)
    reconcile(book, exchange, TRADE)
