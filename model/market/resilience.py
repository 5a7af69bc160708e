r"""How books recover from flow: each is filled again, and arbitrageurs close gaps between the books of an asset.

Capital from outside, which has no account here, takes the other side of both. A book is filled at a rate κ,
d ← d exp(−κ Δt): that of the market as a whole (``market.arbitrage``), or by a half-life τ that is longer the fewer
makers are left (``market.refill``),

    κ = ln 2 / τ · (ε + (1 − ε) D / D₀)                                                          (1)

with ε what recovers without any. **Between** the books of an asset arbitrageurs trade at a rate ρ towards the index,

    d ← d + (d̄ − d) (1 − exp(−ρ s Δt)),    s = 0.15 + 0.85 D / D₀,    d̄ = ln(index / F)         (2)

as far as their inventory in each book stays within their capital, a part of all open interest of the asset; they find
other homes for it within the hour, A ← A exp(−Δt / 1 h). All gaps are those before any of these trades.
"""

from typing import NamedTuple

import numpy as np

from agents.core.kernel import inline, rule
from agents.core.table import Markets
from agents.market_maker.market_maker import makers_part
from model.market.impact import absorbed_flow, average_price, displacement
from model.market.mark import set_index
from model.scenario import Scenario

UNAIDED = 0.15
"""Speed of arbitrage between books that have no makers, over that at full depth."""
KEPT = 60.0
"""Minutes in which all but 1 / e of what arbitrageurs hold finds another home."""
SECONDS = 60.0


class Resilience(NamedTuple):
    """Constants of recovery, per step."""

    decay: float  # 1, what is left of a dislocation, where it does not depend on depth
    refill: float  # log, κ Δt at full depth; 0: by `decay`
    alone: float  # 1, share of it without makers
    between: float  # log, ρ Δt at full depth; 0: no arbitrage between books
    kept: float  # 1, what arbitrageurs keep of their inventory
    makers: bool  # whether there are market makers, to be noted what they trade
    latent: bool  # whether latent orders take a part


def resilience(scenario: Scenario) -> Resilience:
    """Derive the constants of recovery from the scenario."""
    market, minutes = scenario.market, scenario.minutes
    return Resilience(
        decay=float(np.exp(-market.arbitrage * minutes)),
        refill=float(np.log(2.0) * SECONDS * minutes / market.refill) if market.refill else 0.0,
        alone=market.refill_alone,
        between=market.arbitrage_between * minutes,
        kept=float(np.exp(-minutes / KEPT)),
        makers=scenario.market_maker.number > 0,
        latent=market.impact == "latent",
    )


@rule
def recovery(rules: Resilience, presence: float) -> float:
    """Return what is left of a dislocation after a step, by (1) where books fill by depth; `presence` is D / D₀."""
    if rules.refill == 0.0:
        return rules.decay
    return np.exp(-rules.refill * (rules.alone + (1.0 - rules.alone) * presence))


@rule
def affordable(wanted: float, held: float, limit: float) -> float:
    """Return what arbitrageurs trade of `wanted` contracts, `held` before: nothing that takes them beyond ± `limit`."""
    return min(wanted, max(limit - held, 0.0)) if wanted > 0.0 else max(wanted, min(-limit - held, 0.0))


@inline
def note_makers(market: Markets, rules: Resilience, shape: int, k: int, shift: float) -> None:
    """Note what makers trade with capital from outside as book k moves by `shift`, before it does.

    Parameters
    ----------
    market : table of the run; what makers traded is written.
    rules : constants.
    shape : of impact.
    k : book.
    shift : log.
    """
    if rules.makers and market.makers[k] > 0.0:
        start, curvature = market.dislocation[k], market.curvature[k]
        ratio = absorbed_flow(shape, shift, curvature, start)
        taken = ratio * market.depth[k] * makers_part(rules.latent, curvature, start, start + shift)
        average = market.fundamental[k] * np.exp(start) * average_price(shape, ratio, curvature, start)
        market.recovered[k] -= taken
        market.recovered_cost[k] -= taken * average


@inline
def close_gap(market: Markets, rules: Resilience, shape: int, k: int) -> None:
    """Let arbitrageurs trade book k towards the index of its asset by (2).

    Parameters
    ----------
    market : table of the run; dislocation and inventory are written.
    rules : constants.
    shape : of impact.
    k : book.
    """
    gap = np.log(market.index[k] / market.fundamental[k]) - market.dislocation[k]
    shift = gap * (1.0 - np.exp(-rules.between * (UNAIDED + (1.0 - UNAIDED) * market.presence[k])))
    if market.weight[k] < 1.0 and shift != 0.0 and market.depth[k] < np.inf:
        depth, start, curvature = market.depth[k], market.dislocation[k], market.curvature[k]
        wanted = absorbed_flow(shape, shift, curvature, start) * depth
        bought = affordable(wanted, market.inventory[k], market.limit[k])
        if bought != wanted:
            shift = displacement(shape, bought / depth, curvature, start)
        note_makers(market, rules, shape, k, shift)
        market.dislocation[k] += shift
        market.inventory[k] += bought


@inline
def recover(market: Markets, rules: Resilience, shape: int) -> None:
    """Fill every book again, and close gaps between those of an asset.

    Parameters
    ----------
    market : table of the run; dislocations, mids and inventories are written.
    rules : constants.
    shape : of impact.
    """
    for k in range(market.shape[0]):
        left = recovery(rules, market.presence[k])
        note_makers(market, rules, shape, k, market.dislocation[k] * (left - 1.0))
        market.dislocation[k] *= left
        market.mid[k] = market.fundamental[k] * np.exp(market.dislocation[k])
    if rules.between > 0.0:
        set_index(market)
        for k in range(market.shape[0]):
            market.inventory[k] *= rules.kept
            close_gap(market, rules, shape, k)
            market.mid[k] = market.fundamental[k] * np.exp(market.dislocation[k])
