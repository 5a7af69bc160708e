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

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from agents.account.account import BLOCK, OPEN, make_accounts
from agents.account.margin_tier import maintenance_rate, make_tiers
from agents.core.column import bare
from agents.core.kernel import inline, kernel, rule
from agents.core.table import Accounts, Tiers
from agents.trader.strategy import STRATEGIES
from model.price.streams import Streams
from model.scenario import Scenario
from model.scenario.extent import each_listing, listing_counts, listing_traders
from model.scenario.section.exchange import Schedule
from model.scenario.section.trader import TraderSection

LEAST_LEVERAGE = 0.05
LEAST_COLLATERAL = 0.1
FARTHEST_ENTRY = 100.0
SHARED = 1 << 17  # rows, of accounts that are kept for the next arrangement
Array = np.ndarray


class Contract(NamedTuple):
    """What a listing's accounts trade."""

    price: float  # USD, first price
    daily_volatility: float  # log
    maintenance: float  # 1, of the first tier
    open_interest: float  # USD, one-sided


class Listed(NamedTuple):
    """How many accounts there are where."""

    slots: int  # of each listing
    counts: tuple[int, ...]  # (protocols,) listings of each
    numbers: tuple[int, ...]  # (listings,) traders at each


def slots_per_listing(scenario: Scenario) -> int:
    """Return the slots of each listing: traders, reserve and value funds, rounded up to whole blocks.

    All listings have as many as the one with most traders: what another does not use is more reserve.
    """
    wanted = max(listing_traders(scenario)) + scenario.trader.reserve + scenario.value_fund.number
    return max(-(-wanted // BLOCK), 1) * BLOCK


class Terms(NamedTuple):
    """What kernels read of the trader section."""

    long_share: float  # 1, share of accounts that are long
    size_tail: float  # 1, > 0, exponent of the Pareto law of notional
    size_cap: float  # 1, largest share of a side
    long_leverage: float  # 1, median
    short_leverage: float  # 1, median
    leverage_spread: float  # log, standard deviation
    large_account: float  # 1, share of the open interest beyond which leverage falls
    seasoning: float  # daily standard deviations to liquidation, at least
    entry_spread: float  # daily standard deviations, of entry prices
    wallet_ratio: float  # 1, mean of the wallet over the equity
    shares: Array  # (strategies,) cumulated, the last is 1


class Draws(NamedTuple):
    """What is drawn for the accounts of all listings, (listings, number) each."""

    side: Array  # in (0, 1)
    size: Array  # in (0, 1)
    leverage: Array  # standard normal
    entry: Array  # standard normal
    wallet: Array  # in (0, 1)
    strategy: Array  # in (0, 1)


@kernel
def capped_shares(weights: Array, cap: float) -> Array:
    """Return shares proportional to `weights`, none above `cap`, summing to 1.

    What the capped exceed is spread over the others in proportion; a cap below 1/n is raised to it.
    """
    number = weights.shape[0]
    shares, cap = weights / weights.sum(), max(cap, 1.0 / max(number, 1))
    for _ in range(50):
        over, rest, highest = 0, 0.0, 0.0
        for share in shares:
            highest = max(highest, share)
            over += share >= cap
            rest += share if share < cap else 0.0
        if highest <= cap * (1.0 + 1e-12) or over == number:
            break
        for n in range(number):
            shares[n] = cap if shares[n] >= cap else shares[n] * (1.0 - cap * over) / rest
    return shares


@inline
def notional_of(side: Array, uniform: Array, interest: float, terms: Terms) -> Array:
    """Return notional of each account, (n,) USD > 0: Pareto, capped, each side summing to the open interest.

    Parameters
    ----------
    side : (n,) 1 for longs, -1 for shorts.
    uniform : (n,) draws in (0, 1).
    interest : USD > 0, of each side.
    terms : tail and cap.
    """
    weights = (1.0 - uniform) ** (-1.0 / terms.size_tail)
    for sign in (1.0, -1.0):
        own = np.flatnonzero(side == sign)
        weights[own] = interest * capped_shares(weights[own], terms.size_cap)
    return weights


@rule
def leverage_of(
    side: float, notional: float, normal: float, contract: Contract, tiers: Tiers, terms: Terms
) -> float:  # fmt: skip
    """Return an account's leverage: lognormal, falling with size, seasoned.

    Parameters
    ----------
    side : 1 for a long, -1 for a short.
    notional : USD > 0.
    normal : standard normal draw.
    contract : what the protocol lists.
    tiers : the schedule of margins.
    terms : constants.
    """
    median = terms.long_leverage if side > 0.0 else terms.short_leverage
    large = terms.large_account * contract.open_interest
    leverage = median * np.exp(terms.leverage_spread * normal) * min(1.0, (notional / large) ** -0.5)
    maintenance = maintenance_rate(contract.maintenance, notional, tiers)
    highest = 1.0 / (maintenance + terms.seasoning * contract.daily_volatility)
    return min(max(leverage, LEAST_LEVERAGE), highest)


@rule
def entry_drawn(normal: float, contract: Contract, terms: Terms) -> float:
    """Return an entry price as drawn, USD per contract: the first price moved by a lognormal, held within bounds."""
    farthest, move = np.log(FARTHEST_ENTRY), terms.entry_spread * contract.daily_volatility * normal
    return contract.price * np.exp(min(max(move, -farthest), farthest))


@rule
def entry_and_collateral(size: float, equity: float, price: float, drawn: float) -> tuple[float, float]:
    """Return an entry price near `drawn` and collateral, at least a tenth of equity, so that equity is as given.

    Parameters
    ----------
    size : contracts, short < 0.
    equity : USD > 0.
    price : USD per contract, > 0, first price.
    drawn : USD per contract, > 0, entry price as drawn.
    """
    collateral = max(equity - size * (price - drawn), LEAST_COLLATERAL * equity)
    return price - (equity - collateral) / size, collateral


@rule
def strategy_of(uniform: float, shares: Array) -> int:
    """Return a strategy's code; `shares`, (strategies,), are cumulated."""
    code = 0
    while code < shares.shape[0] - 1 and uniform >= shares[code]:
        code += 1
    return code


@kernel
def fill_listing(
    accounts: Accounts, first: int, i: int, draws: Draws, contract: Contract, tiers: Tiers, terms: Terms
) -> None:  # fmt: skip
    """Write the accounts of a protocol into its slots.

    Parameters
    ----------
    accounts : (rows,) of all protocols, written in place.
    first : row of the protocol's first account.
    i : index of the protocol.
    draws : of all protocols.
    contract : what it lists.
    tiers : the schedule of margins.
    terms : constants.
    """
    side = np.where(draws.side[i] < terms.long_share, 1.0, -1.0)
    notionals, price = notional_of(side, draws.size[i], contract.open_interest, terms), contract.price
    for n in range(side.shape[0]):
        row, notional = first + n, notionals[n]
        leverage = leverage_of(side[n], notional, draws.leverage[i, n], contract, tiers, terms)
        equity, size = notional / leverage, side[n] * notional / price
        drawn = entry_drawn(draws.entry[i, n], contract, terms)
        accounts.size[row] = accounts.anchor[row] = size
        accounts.entry_price[row], accounts.collateral[row] = entry_and_collateral(size, equity, price, drawn)
        accounts.wallet[row] = -terms.wallet_ratio * equity * np.log1p(-draws.wallet[i, n])
        accounts.leverage[row] = leverage
        accounts.strategy[row] = strategy_of(draws.strategy[i, n], terms.shares)
        accounts.status[row] = OPEN


def trader_terms(trader: TraderSection, counts: tuple[int, ...]) -> list[Terms]:
    """Return what kernels read of the trader section, for each of the listings; `counts` as in :class:`Listed`."""
    shares = np.cumsum([getattr(trader, name) for name in STRATEGIES])
    given = {name: each_listing(getattr(trader, name), counts) for name in Terms._fields[:-1]}
    rows = [{name: float(values[i]) for name, values in given.items()} for i in range(sum(counts))]
    shares /= shares[-1]
    return [Terms(**row, shares=shares) for row in rows]


def drawn_for(streams: Streams, listings: int, number: int) -> Draws:
    """Return what is drawn for so many accounts of each listing."""
    normal = {"leverage", "entry"}
    return Draws(*(
        np.stack([
            (streams.normal if name in normal else streams.uniform)(f"trader.{name}", i, size=number)
            for i in range(listings)
        ])
        for name in Draws._fields
    ))  # fmt: skip


def first_of(draws: Draws, number: int) -> Draws:
    """Return what is drawn for the first so many accounts of each listing."""
    return draws if number == draws.side.shape[1] else Draws(*(column[:, :number].copy() for column in draws))


def draw_population(scenario: Scenario, streams: Streams, contracts: list[Contract]) -> Accounts:
    """Return the accounts of all listings at the start; drawn once for arrangements run one after the other."""
    slots = slots_per_listing(scenario)
    of = Listed(slots, listing_counts(scenario), listing_traders(scenario))
    drawn_from = scenario.trader, scenario.exchange.tiers, of, streams, tuple(contracts)
    if slots * len(contracts) > SHARED:
        return _population(*drawn_from)
    kept: Any = _last(*drawn_from)
    accounts: Accounts = type(kept)(*(column.copy() for column in kept))
    return accounts


def _population(
    trader: TraderSection, schedule: Schedule, of: Listed, streams: Streams, contracts: tuple[Contract, ...]
) -> Accounts:
    slots, counts, numbers = of
    accounts = make_accounts(slots * len(contracts))
    if most := max(numbers):
        terms, draws = trader_terms(trader, counts), drawn_for(streams, len(contracts), most)
        tiers = bare(make_tiers(*schedule))
        share_margins(accounts, trader.cross_share, streams, counts, numbers)
        take_one_side(draws, accounts.cross.reshape(-1, slots), trader.same_side, streams, counts)
        for i, contract in enumerate(contracts):
            fill_listing(accounts, i * slots, i, first_of(draws, numbers[i]), contract, tiers, terms[i])
    return accounts


def share_margins(
    accounts: Accounts, share: float, streams: Streams, counts: tuple[int, ...], numbers: tuple[int, ...]
) -> None:
    """Draw the owners whose positions share their margin, and mark their rows.

    Parameters
    ----------
    accounts : (rows,) of all listings, written.
    share : of such owners, in [0, 1].
    streams : random numbers of the set-up.
    counts : (protocols,) listings of each; an owner has the same slot at all of them.
    numbers : (listings,) traders at each.
    """
    cross, protocols = accounts.cross.reshape(sum(counts), -1), np.repeat(np.arange(len(counts)), counts).tolist()
    for i, p in enumerate(protocols if share else ()):
        if counts[p] > 1:
            cross[i, : numbers[i]] = streams.uniform("trader.cross", p, size=numbers[i]) < share


def take_one_side(draws: Draws, cross: Array, share: float, streams: Streams, counts: tuple[int, ...]) -> None:
    """Give owners with cross margin the side of their first listing at all others, but for those who take several.

    Parameters
    ----------
    draws : of all listings; sides are written.
    cross : (listings, slots) flag, whose margin is shared.
    share : of such owners who are on one side, in [0, 1].
    streams : random numbers of the set-up.
    counts : (protocols,) listings of each.
    """
    number, first = draws.side.shape[1], 0
    for p, count in enumerate(counts if cross.any() else ()):
        together = streams.uniform("trader.same_side", p, size=number) < share
        for i in range(first + 1, first + count):
            both = together & (cross[first, :number] != 0) & (cross[i, :number] != 0)
            draws.side[i, both] = draws.side[first, both]
        first += count


_last = lru_cache(maxsize=1)(_population)
