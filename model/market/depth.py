r"""The depth of every book: what the vaults supply, what volatility takes away, and each book's part of its asset's.

Depth is in contracts per unit log price,

    D = m · Σ supplied depth · max(vault shares / shares at the start, ¼) · max(thinning, floor) / F   (1)

with the sum over the listings that trade in the book and the scenario's multiplier m: a quarter of a vault's depth
stays anyone who runs, even where the vault was closed, unless the protocol is halted. Thinning is the lesser of what
the tape says, unless ``market.depth_tape`` is false, and of 1 / (1 + s (σ̂ / σ − 1)⁺), or of max(1, σ̂ / σ)^(−a) where
a = ``market.depth_exponent`` is given, σ̂ the running volatility of the book, times the part of the market makers who
quote, where there are any. With ``market.depth_interest`` depth is that multiple of the open interest at the start,
whatever vaults hold. Makers and vaults thin; the latent orders of the shape of that name do not: their slope stays L =
λ D₀, D₀ full depth, so that the curvature is

    c = L / D = λ D₀ / D                                                                              (2)
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline, rule
from agents.core.table import Exchanges, Markets, Protocols
from model.scenario import Scenario

LEAST_SUPPLY = 0.25


class DepthRule(NamedTuple):
    """Constants of depth."""

    depth_multiplier: float  # 1
    depth_volatility: float  # 1, sensitivity of depth to volatility
    depth_floor: float  # 1, least fraction of depth
    latent: bool  # whether curvature follows depth
    exponent: float  # 1, of volatility, by which depth thins; 0: by sensitivity
    by_vault: bool  # whether depth goes with vaults' shares
    by_tape: bool  # whether the tape's depth is a bound


def depth_rule(scenario: Scenario) -> DepthRule:
    """Derive the constants of depth from the scenario."""
    market = scenario.market
    return DepthRule(
        depth_multiplier=market.depth_multiplier,
        depth_volatility=market.depth_volatility,
        depth_floor=market.depth_floor,
        latent=market.impact == "latent",
        exponent=market.depth_exponent,
        by_vault=not market.depth_interest,
        by_tape=market.depth_tape,
    )


@rule
def stress(variance: float, normal: float) -> float:
    """Return running over normal volatility, less one, at least zero."""
    return max(np.sqrt(variance) / normal - 1.0, 0.0) if normal > 0.0 else 0.0


@rule
def thinned(rules: DepthRule, rough: float) -> float:
    """Return what volatility leaves of depth, `rough` being running over normal volatility less one, at least zero."""
    if rules.exponent > 0.0:
        return (1.0 + rough) ** -rules.exponent
    return 1.0 / (1.0 + rules.depth_volatility * rough)


@inline
def gather_depth(market: Markets, exchange: Exchanges, protocol: Protocols, by_vault: bool) -> None:
    """Set every book's depth before thinning, USD per unit log price.

    Parameters
    ----------
    market, exchange, protocol : tables of the run; `depth` of markets is written.
    by_vault : whether the shares outstanding of vaults supply it.
    """
    for k in range(market.shape[0]):
        market.depth[k] = 0.0
    for i in range(exchange.shape[0]):
        start = exchange.vault_start[i]
        left = exchange.vault_shares[i] / start if start > 0.0 else 0.0
        supplied = exchange.supplied_depth[i] * (max(left, LEAST_SUPPLY) if by_vault else 1.0)
        market.depth[exchange.book[i]] += supplied * (1.0 - protocol.halted[exchange.protocol[i]])


@inline
def share_depth(market: Markets) -> None:
    """Set every book's part of the depth of its asset, before any multiplier; as it was where there is none."""
    for k in range(market.shape[0]):
        market.total[k] = 0.0
    for k in range(market.shape[0]):
        market.total[market.lead[k]] += market.presence[k] * market.full_depth[k]
    for k in range(market.shape[0]):
        whole = market.total[market.lead[k]]
        if whole > 0.0:
            market.share[k] = market.presence[k] * market.full_depth[k] / whole


@inline
def supply_depth(
    market: Markets, exchange: Exchanges, protocol: Protocols, rules: DepthRule, tape_depth: np.ndarray
) -> None:
    """Set every book's depth by (1) from the shares outstanding of the vaults that trade in it.

    Parameters
    ----------
    market, exchange, protocol : tables of the run; depths of markets are written.
    rules : constants.
    tape_depth : (assets,) share of calm depth there, in (0, 1].
    """
    gather_depth(market, exchange, protocol, rules.by_vault)
    for k in range(market.shape[0]):
        full = market.full_depth[k]
        thin = thinned(rules, stress(market.variance[k], market.normal_volatility[k]))
        most = tape_depth[market.asset[k]] if rules.by_tape else 1.0
        factor = max(min(thin, most) * market.makers[k], rules.depth_floor)
        market.presence[k] = market.depth[k] / full * factor if full > 0.0 else 0.0
        if rules.latent and market.presence[k] > 0.0:
            market.curvature[k] = market.latent[k] / market.presence[k]
        if market.depth[k] > 0.0:
            market.depth[k] *= rules.depth_multiplier * factor / market.fundamental[k]
    share_depth(market)
