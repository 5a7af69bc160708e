"""The market: a mid price for every book, moved by the orders that meet there.

An asset has a fundamental value F (from the tape, plus the permanent part of impact) and one book, in which all its
listings trade, or a book for each of them (``market.books``, :mod:`model.price.segment`). Each has a mid price

    p = F · exp(d)                                                                             (1)

with a dislocation d of its own. Order flow moves the price by its impact on the depth D (:mod:`model.market.impact`,
:mod:`model.market.depth`), from the state in which the flow before it left the book: its displacement s, which is d
when the book is filled, at the start of every step. A change Δs moves d by (1 − φ w) Δs and ln F by φ w Δs, φ the
permanent share and w the book's part of its asset's depth, so that all orders of a step move both as far as one would,
however they are cut; all books of the asset move with F. Books are filled again, which pulls d back, and arbitrageurs
close gaps between them (:mod:`model.market.resilience`). A book that is filled at once, and infinite depth, make prices
exogenous. Exchanges mark by the prices of the books (:mod:`model.market.mark`).
"""

from typing import NamedTuple

import numpy as np

from agents.core.audit import check_price
from agents.core.kernel import inline, rule
from agents.core.ledger import OUTSIDE, PRICE, SHORTFALL, WHOLE, Book, transfer
from agents.core.table import Exchanges, Markets, Protocols
from agents.exchange.exchange import leads
from agents.market_maker.market_maker import makers_part
from model.market.depth import DepthRule, depth_rule, stress, supply_depth
from model.market.impact import SHAPES, absorbed_flow, average_price, displacement
from model.market.mark import follow, quote, set_mark_rule
from model.market.resilience import Resilience, recover, resilience
from model.scenario import Scenario

MINUTES_PER_DAY = 1440.0

MARKET_COLUMNS = np.dtype(
    [
        ("asset", "i8"),  # index of the asset on the tape
        ("lead", "i8"),  # index of the first book of that asset
        ("weight", "f8"),  # 1, part of the asset's open interest at the start, in its index
        ("share", "f8"),  # 1, part of the asset's depth
        ("fundamental", "f8"),  # USD per contract, > 0, the same in all books of an asset
        ("dislocation", "f8"),  # log, mid over fundamental
        ("pressure", "f8"),  # log, displacement of the mid from where the book rests
        ("mid", "f8"),  # USD per contract, > 0
        ("index", "f8"),  # USD per contract, > 0, weighted mean of the mids of the asset's books
        ("mark", "f8"),  # USD per contract, > 0, to which listings mark, oracle errors apart
        ("basis", "f8"),  # log, mark over fundamental
        ("own_part", "f8"),  # 1, weight of the own mid in the mark; of the index the rest
        ("lag", "f8"),  # 1, what is left after a step of the mark's distance from where it tends; 0: at once
        ("depth", "f8"),  # contracts per unit log price, > 0, may be infinite
        ("full_depth", "f8"),  # USD per unit log price, when all vaults are full and prices calm
        ("presence", "f8"),  # 1, what is there of full depth
        ("latent", "f8"),  # 1 per log, slope of the density of latent orders over full depth, >= 0
        ("curvature", "f8"),  # what bends the impact (model.market.impact): that slope over depth, or a volatility
        ("half_spread", "f8"),  # 1, fraction of the price
        ("calm_spread", "f8"),  # 1, the same without stress
        ("normal_volatility", "f8"),  # log per step
        ("variance", "f8"),  # log^2 per step, running
        ("momentum", "f8"),  # log, running return
        ("first", "f8"),  # USD per contract, mid before the first step
        ("last", "f8"),  # USD per contract, mid in phase 2 of the step before
        ("inventory", "f8"),  # contracts, short < 0, what arbitrageurs between books hold
        ("limit", "f8"),  # contracts, >= 0, most that they hold
        ("makers", "f8"),  # 1, market makers who quote, of all
        ("made", "f8"),  # contracts that they bought of the vault since they last took over, sold < 0
        ("made_cost", "f8"),  # USD, what they pay for them
        ("recovered", "f8"),  # contracts that they bought from outside as the book was filled again, sold < 0
        ("recovered_cost", "f8"),  # USD, likewise
        ("flow", "f8"),  # contracts, net orders waiting
        ("average", "f8"),  # USD per contract, average price of the last impact path
        ("total", "f8"),  # room for a sum over the books of an asset, at its first book
    ],
    align=True,
)


class MarketRule(NamedTuple):
    """Constants of the market, per step; derived once from the scenario."""

    shape: int  # index into model.market.impact.SHAPES
    band: float  # log, largest dislocation
    makers: bool  # whether there are market makers
    permanent: float  # 1, share of impact that stays in the fundamental
    depth: DepthRule
    resilience: Resilience
    variance_weight: float  # 1, weight of the newest squared return
    momentum_weight: float  # 1, weight of the newest return
    attention: float  # 1 per step, calm
    alert: float  # 1 per step, in full stress


def half_life_weight(half_life: float, minutes: float) -> float:
    """Return the weight of the newest observation in an exponential average of that half-life."""
    return 1.0 - 0.5 ** (minutes / half_life)


def per_step(probability: float, minutes: float) -> float:
    """Return the probability per step of an event with that probability per minute."""
    return 1.0 - (1.0 - probability) ** minutes


def market_rule(scenario: Scenario) -> MarketRule:
    """Derive the market's constants from the scenario."""
    market, trader, minutes = scenario.market, scenario.trader, scenario.minutes
    return MarketRule(
        shape=list(SHAPES).index(market.impact),
        band=market.price_band,
        makers=scenario.market_maker.number > 0,
        permanent=market.permanent_share,
        depth=depth_rule(scenario),
        resilience=resilience(scenario),
        variance_weight=half_life_weight(market.volatility_half_life, minutes),
        momentum_weight=half_life_weight(market.momentum_half_life, minutes),
        attention=per_step(trader.attention, minutes),
        alert=per_step(trader.alert_attention, minutes),
    )


def make_market(
    scenario: Scenario, price: np.ndarray, daily_volatility: np.ndarray, half_spread: np.ndarray
) -> Markets:
    """Return the market at the start, a record per book; arguments (books,).

    Parameters
    ----------
    scenario : all parameters.
    price : (books,) USD per contract, > 0, at the start.
    daily_volatility : (books,) log, standard deviation of a day's return.
    half_spread : (books,) 1, fraction of the price.
    """
    market = np.zeros(len(price), dtype=MARKET_COLUMNS).view(np.recarray)
    market.first[:] = market.fundamental[:] = market.mid[:] = market.last[:] = market.average[:] = price
    market.index[:] = market.mark[:] = price
    market.presence[:] = market.makers[:] = 1.0
    set_mark_rule(market, scenario)
    market.calm_spread[:] = market.half_spread[:] = half_spread
    market.normal_volatility[:] = daily_volatility * np.sqrt(scenario.minutes / MINUTES_PER_DAY)
    market.variance[:] = market.normal_volatility**2
    return market


@rule
def within(wanted: float, start: float, band: float) -> float:
    """Return a displacement cut to ± `band`, or to where it was at the `start` if that is further out."""
    return min(max(wanted, min(-band, start)), max(band, start))


@inline
def walk(market: Markets, rules: MarketRule, k: int, contracts: float) -> None:
    """Let net flow of `contracts` walk through book k; the average price of its path goes into the record.

    At the edge of the price band, and of what a pool has, outside capital takes the rest at that price. What moves the
    fundamental, and so all books of the asset, is left in its total.

    Parameters
    ----------
    market : table of the run, written.
    rules : constants.
    k : book.
    contracts : bought less sold, sale < 0.
    """
    ratio = contracts / market.depth[k] if contracts != 0.0 else 0.0
    before, start, curvature = market.mid[k], market.pressure[k], market.curvature[k]
    wanted = displacement(rules.shape, ratio, curvature, start)
    shift = within(start + wanted, start, rules.band) - start
    part = absorbed_flow(rules.shape, shift, curvature, start) / ratio if ratio != 0.0 else 1.0
    path = average_price(rules.shape, ratio * part, curvature, start)
    market.average[k] = before * (part * path + (1.0 - part) * np.exp(shift))
    if rules.makers and market.makers[k] > 0.0:
        taken = contracts * makers_part(rules.depth.latent, curvature, start, start + shift)
        market.made[k] -= taken
        market.made_cost[k] -= taken * market.average[k] * (1.0 + np.sign(contracts) * market.half_spread[k])
    permanent = rules.permanent * market.share[k]
    market.pressure[k] += shift
    market.dislocation[k] += (1.0 - permanent) * shift
    market.total[market.lead[k]] += permanent * shift


@inline
def move_all(market: Markets, rules: MarketRule) -> None:
    """Let the flow waiting in every book move its price, all of it at once."""
    for k in range(market.shape[0]):
        market.total[k] = 0.0
    for k in range(market.shape[0]):
        walk(market, rules, k, market.flow[k])
    for k in range(market.shape[0]):
        market.fundamental[k] *= np.exp(market.total[market.lead[k]])
        market.mid[k] = market.fundamental[k] * np.exp(market.dislocation[k])


@inline
def move(market: Markets, rules: MarketRule, k: int, contracts: float) -> None:
    """Let net flow of `contracts` move the price of book k, and with the fundamental those of its asset's other books.

    Parameters
    ----------
    market : table of the run, written.
    rules : constants.
    k : book.
    contracts : bought less sold, sale < 0.
    """
    lead = market.lead[k]
    market.total[lead] = 0.0
    walk(market, rules, k, contracts)
    for b in range(market.shape[0]):
        if market.lead[b] == lead:
            market.fundamental[b] *= np.exp(market.total[lead])
            market.mid[b] = market.fundamental[b] * np.exp(market.dislocation[b])


@inline
def mark_all(market: Markets, exchange: Exchanges, oracle_error: np.ndarray) -> None:
    """Mark every exchange to the mark of its book, times its oracle's error."""
    quote(market)
    for i in range(exchange.shape[0]):
        exchange.mark[i] = market.mark[exchange.book[i]] * (1.0 + oracle_error[i])


@inline
def shock(
    market: Markets, exchange: Exchanges, protocol: Protocols, book: Book, returns: np.ndarray, spread: np.ndarray,
    exploit: np.ndarray,
) -> None:  # fmt: skip
    """Phase 1: apply the tape to fundamentals, spreads and exploits; clear what exchanges recorded of the last step.

    An exploit does not reach a protocol that is halted; what it takes is a loss of the protocol's first listing.

    Parameters
    ----------
    market, exchange, protocol, book : tables of the run; all but `protocol` are written.
    returns : (assets,) log return of the fundamental.
    spread : (assets,) multiple of the calm spread, >= 1.
    exploit : (protocols,) USD taken, >= 0.
    """
    for k in range(market.shape[0]):
        market.fundamental[k] *= np.exp(returns[market.asset[k]])
        market.half_spread[k] = market.calm_spread[k] * spread[market.asset[k]]
        market.flow[k] = 0.0
    for i in range(exchange.shape[0]):
        exchange.volume[i] = exchange.liquidations[i] = exchange.unserved[i] = 0.0
        exchange.liquidated_long[i] = exchange.liquidated_short[i] = 0.0
        exchange.bankrupt_long[i] = exchange.bankrupt_long_value[i] = 0.0
        exchange.bankrupt_short[i] = exchange.bankrupt_short_value[i] = 0.0
        exchange.spread[i] = market.half_spread[exchange.book[i]]
        exchange.trader_deficit[i] = exchange.vault_deficit[i] = exchange.unpaid[i] = 0.0
        p = exchange.protocol[i]
        exchange.deficit[i] = exchange.exploit_loss[i] = exploit[p] * (1.0 - protocol.halted[p]) * leads(exchange, i)
        transfer(book, SHORTFALL, i, OUTSIDE, WHOLE, exchange.deficit[i])


@inline
def observe(market: Markets, rules: MarketRule, k: int) -> None:
    """Update running volatility and momentum of book k with the return since the last step."""
    change = np.log(market.mid[k] / market.last[k])
    market.variance[k] += rules.variance_weight * (change * change - market.variance[k])
    market.momentum[k] += change - rules.momentum_weight * market.momentum[k]
    market.last[k] = market.mid[k]


@inline
def check_prices(market: Markets, exchange: Exchanges, book: Book) -> None:
    """Check that prices that moved without a trade are within the allowed range."""
    for k in range(market.shape[0]):
        check_price(book, PRICE, market.asset[k], market.fundamental[k], market.first[k])
        check_price(book, PRICE, market.asset[k], market.mid[k], market.first[k])
    for i in range(exchange.shape[0]):
        check_price(book, PRICE, exchange.asset[i], exchange.mark[i], market.first[exchange.book[i]])


@inline
def price(
    market: Markets,
    exchange: Exchanges,
    protocol: Protocols,
    book: Book,
    rules: MarketRule,
    tape_depth: np.ndarray,
    oracle_error: np.ndarray,
) -> None:
    """Phase 2: books filled again, arbitrage, mid and mark prices, running volatility, depth, traders' attention.

    Parameters
    ----------
    market, exchange, protocol, book : tables of the run; all but `protocol` are written.
    rules : constants.
    tape_depth : (assets,) share of calm depth there, in (0, 1].
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    """
    recover(market, rules.resilience, rules.shape)
    for k in range(market.shape[0]):
        market.pressure[k] = market.dislocation[k]
        observe(market, rules, k)
    follow(market)
    mark_all(market, exchange, oracle_error)
    check_prices(market, exchange, book)
    supply_depth(market, exchange, protocol, rules.depth, tape_depth)
    for i in range(exchange.shape[0]):
        k = exchange.book[i]
        alarm = min(stress(market.variance[k], market.normal_volatility[k]), 1.0)
        attention = rules.attention + (rules.alert - rules.attention) * alarm
        exchange.attention[i] = attention * (1.0 - protocol.halted[exchange.protocol[i]])
