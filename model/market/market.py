"""The shared market: one mid price per asset, moved by everybody's orders.

Asset k has a fundamental value F (from the tape, plus the permanent part of impact) and a mid price

    p = F · exp(d)                                                                             (1)

with dislocation d. Order flow moves the price by its impact on the depth D (:mod:`model.market.impact`), from the
state in which the flow before it left the book: its displacement s, which is d when the book is filled, at the start
of every step. A change Δs moves d by (1 − φ) Δs and ln F by φ Δs, φ the permanent share, so that all orders of a step
move both as far as one would, however they are cut. Arbitrage pulls d back, d ← d · exp(−κ Δt). Depth is what the
vaults supply, in contracts per unit log price,

    D = m · Σ supplied depth · max(vault shares / shares at the start, ¼) · max(thinning, floor) / F   (2)

with the sum over the listings of the asset and the scenario's multiplier m: a quarter of a vault's depth stays
anyone who runs, even where the vault was closed, unless the protocol is halted. Thinning is the lesser of what the tape
says and of 1 / (1 + s (σ̂ / σ − 1)⁺), σ̂ the running volatility. κ = ∞ and m = ∞ make prices exogenous.
"""

from typing import NamedTuple

import numpy as np

from agents.core.audit import check_price
from agents.core.kernel import inline, rule
from agents.core.ledger import OUTSIDE, PRICE, SHORTFALL, WHOLE, Book, transfer
from agents.core.table import Exchanges, Markets, Protocols
from agents.exchange.exchange import leads
from model.market.impact import SHAPES, absorbed_flow, average_price, displacement
from model.scenario import Scenario

MINUTES_PER_DAY = 1440.0
LEAST_SUPPLY = 0.25

MARKET_COLUMNS = np.dtype(
    [
        ("fundamental", "f8"),  # USD per contract, > 0
        ("dislocation", "f8"),  # log, mid over fundamental
        ("pressure", "f8"),  # log, displacement of the mid from where the book rests
        ("mid", "f8"),  # USD per contract, > 0
        ("depth", "f8"),  # contracts per unit log price, > 0, may be infinite
        ("half_spread", "f8"),  # 1, fraction of the price
        ("calm_spread", "f8"),  # 1, the same without stress
        ("normal_volatility", "f8"),  # log per step
        ("variance", "f8"),  # log^2 per step, running
        ("momentum", "f8"),  # log, running return
        ("first", "f8"),  # USD per contract, mid before the first step
        ("last", "f8"),  # USD per contract, mid in phase 2 of the step before
        ("flow", "f8"),  # contracts, net orders waiting
        ("average", "f8"),  # USD per contract, average price of the last impact path
    ],
    align=True,
)


class MarketRule(NamedTuple):
    """Constants of the market, per step; derived once from the scenario."""

    shape: int  # index into model.market.impact.SHAPES
    decay: float  # 1, what is left of a dislocation after one step
    band: float  # log, largest dislocation
    permanent: float  # 1, share of impact that stays in the fundamental
    depth_multiplier: float  # 1
    impact_volatility: float  # log, daily volatility of the square-root law
    variance_weight: float  # 1, weight of the newest squared return
    momentum_weight: float  # 1, weight of the newest return
    thinning: float  # 1, sensitivity of depth to volatility
    floor: float  # 1, least fraction of depth
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
        decay=float(np.exp(-market.arbitrage * minutes)),
        band=market.price_band,
        permanent=market.permanent_share,
        depth_multiplier=market.depth_multiplier,
        impact_volatility=market.square_root_volatility,
        variance_weight=half_life_weight(market.volatility_half_life, minutes),
        momentum_weight=half_life_weight(market.momentum_half_life, minutes),
        thinning=market.depth_volatility,
        floor=market.depth_floor,
        attention=per_step(trader.attention, minutes),
        alert=per_step(trader.alert_attention, minutes),
    )


def make_market(
    scenario: Scenario, price: np.ndarray, daily_volatility: np.ndarray, half_spread: np.ndarray
) -> Markets:
    """Return the market at the start, a record per asset; arguments (assets,).

    Parameters
    ----------
    scenario : all parameters.
    price : (assets,) USD per contract, > 0, at the start.
    daily_volatility : (assets,) log, standard deviation of a day's return.
    half_spread : (assets,) 1, fraction of the price.
    """
    market = np.zeros(len(price), dtype=MARKET_COLUMNS).view(np.recarray)
    market.first[:] = market.fundamental[:] = market.mid[:] = market.last[:] = market.average[:] = price
    market.calm_spread[:] = market.half_spread[:] = half_spread
    market.normal_volatility[:] = daily_volatility * np.sqrt(scenario.minutes / MINUTES_PER_DAY)
    market.variance[:] = market.normal_volatility**2
    return market


@rule
def stress(variance: float, normal: float) -> float:
    """Return running over normal volatility, less one, at least zero."""
    return max(np.sqrt(variance) / normal - 1.0, 0.0) if normal > 0.0 else 0.0


@rule
def within(wanted: float, start: float, band: float) -> float:
    """Return a displacement cut to ± `band`, or to where it was at the `start` if that is further out."""
    return min(max(wanted, min(-band, start)), max(band, start))


@inline
def move(market: Markets, rules: MarketRule, k: int, contracts: float) -> None:
    """Let net flow of `contracts` in asset k move the price; its average price goes into the record.

    At the edge of the price band, and of what a pool has, outside capital takes the rest at that price.

    Parameters
    ----------
    market : table of the run, written.
    rules : constants.
    k : asset.
    contracts : bought less sold, sale < 0.
    """
    ratio = contracts / market.depth[k] if contracts != 0.0 else 0.0
    before, start, volatility = market.mid[k], market.pressure[k], rules.impact_volatility
    wanted = displacement(rules.shape, ratio, volatility, start)
    shift = within(start + wanted, start, rules.band) - start
    part = absorbed_flow(rules.shape, shift, volatility, start) / ratio if ratio != 0.0 else 1.0
    path = average_price(rules.shape, ratio * part, volatility, start)
    market.average[k] = before * (part * path + (1.0 - part) * np.exp(shift))
    market.pressure[k] += shift
    market.fundamental[k] *= np.exp(rules.permanent * shift)
    market.dislocation[k] += (1.0 - rules.permanent) * shift
    market.mid[k] = market.fundamental[k] * np.exp(market.dislocation[k])


@inline
def mark_all(market: Markets, exchange: Exchanges, oracle_error: np.ndarray) -> None:
    """Mark every exchange to its asset's mid price, times its oracle's error."""
    for i in range(exchange.shape[0]):
        exchange.mark[i] = market.mid[exchange.asset[i]] * (1.0 + oracle_error[i])


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
        market.fundamental[k] *= np.exp(returns[k])
        market.half_spread[k] = market.calm_spread[k] * spread[k]
        market.flow[k] = 0.0
    for i in range(exchange.shape[0]):
        exchange.volume[i] = exchange.liquidations[i] = exchange.unserved[i] = 0.0
        exchange.liquidated_long[i] = exchange.liquidated_short[i] = 0.0
        exchange.bankrupt_long[i] = exchange.bankrupt_long_value[i] = 0.0
        exchange.bankrupt_short[i] = exchange.bankrupt_short_value[i] = 0.0
        exchange.spread[i] = market.half_spread[exchange.asset[i]]
        exchange.trader_deficit[i] = exchange.vault_deficit[i] = exchange.unpaid[i] = 0.0
        p = exchange.protocol[i]
        exchange.deficit[i] = exchange.exploit_loss[i] = exploit[p] * (1.0 - protocol.halted[p]) * leads(exchange, i)
        transfer(book, SHORTFALL, i, OUTSIDE, WHOLE, exchange.deficit[i])


@inline
def observe(market: Markets, rules: MarketRule, k: int) -> None:
    """Update running volatility and momentum of asset k with the return since the last step."""
    change = np.log(market.mid[k] / market.last[k])
    market.variance[k] += rules.variance_weight * (change * change - market.variance[k])
    market.momentum[k] += change - rules.momentum_weight * market.momentum[k]
    market.last[k] = market.mid[k]


@inline
def supply_depth(
    market: Markets, exchange: Exchanges, protocol: Protocols, rules: MarketRule, tape_depth: np.ndarray
) -> None:
    """Set every asset's depth by (2) from the shares outstanding of the vaults that trade it.

    Parameters
    ----------
    market, exchange, protocol : tables of the run; `depth` of markets is written, contracts per unit log price.
    rules : constants.
    tape_depth : (assets,) share of calm depth there, in (0, 1].
    """
    for k in range(market.shape[0]):
        market.depth[k] = 0.0
    for i in range(exchange.shape[0]):
        start = exchange.vault_start[i]
        left = exchange.vault_shares[i] / start if start > 0.0 else 0.0
        supplied = exchange.supplied_depth[i] * max(left, LEAST_SUPPLY)
        market.depth[exchange.asset[i]] += supplied * (1.0 - protocol.halted[exchange.protocol[i]])
    for k in range(market.shape[0]):
        thin = 1.0 / (1.0 + rules.thinning * stress(market.variance[k], market.normal_volatility[k]))
        factor = max(min(thin, tape_depth[k]), rules.floor)
        if market.depth[k] > 0.0:
            market.depth[k] *= rules.depth_multiplier * factor / market.fundamental[k]


@inline
def check_prices(market: Markets, exchange: Exchanges, book: Book) -> None:
    """Check that prices that moved without a trade are within the allowed range."""
    for k in range(market.shape[0]):
        check_price(book, PRICE, k, market.fundamental[k], market.first[k])
        check_price(book, PRICE, k, market.mid[k], market.first[k])
    for i in range(exchange.shape[0]):
        check_price(book, PRICE, exchange.asset[i], exchange.mark[i], market.first[exchange.asset[i]])


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
    """Phase 2: arbitrage, a book filled again, mid and mark prices, running volatility, depth, traders' attention.

    Parameters
    ----------
    market, exchange, protocol, book : tables of the run; all but `protocol` are written.
    rules : constants.
    tape_depth : (assets,) share of calm depth there, in (0, 1].
    oracle_error : (listings,) 1, relative error of the mark, > -1.
    """
    for k in range(market.shape[0]):
        market.dislocation[k] *= rules.decay
        market.pressure[k] = market.dislocation[k]
        market.mid[k] = market.fundamental[k] * np.exp(market.dislocation[k])
        observe(market, rules, k)
    mark_all(market, exchange, oracle_error)
    check_prices(market, exchange, book)
    supply_depth(market, exchange, protocol, rules, tape_depth)
    for i in range(exchange.shape[0]):
        k = exchange.asset[i]
        alarm = min(stress(market.variance[k], market.normal_volatility[k]), 1.0)
        attention = rules.attention + (rules.alert - rules.attention) * alarm
        exchange.attention[i] = attention * (1.0 - protocol.halted[exchange.protocol[i]])
