"""Partial liquidation: a large position is sold in parts, so that it may be saved, and the market spared.

A flagged position of notional above a threshold loses a fraction of itself in a round; what is left keeps its share of
the collateral and what the part left over, so its margin ratio rises. One that is flagged again within the cooldown
goes whole, as does one below the threshold. Hyperliquid: 20 % first above 100,000 USD, the whole within 30 seconds
after. Without a cooldown a position is sold fraction by fraction until it is safe.

Where a venue has margin tiers (:mod:`agents.account.margin_tier`) it may go down them instead: a flagged position loses
in a round what exceeds the tier below its own, so that its rate falls, and only in the lowest tier what is said above.
Bybit, Binance: laddered liquidation.
"""

from typing import NamedTuple

from agents.account.margin_tier import above_lower_tier
from agents.core.kernel import rule
from agents.core.table import Tiers


class PartialRule(NamedTuple):
    """How a large position is closed in parts."""

    fraction: float  # per round, in (0, 1]
    above: float  # USD, notional above which it holds
    cooldown: float  # steps
    by_tier: bool  # whether a position is reduced to the tier below first


@rule
def contracts_to_sell(size: float, mark: float, since: float, partial: PartialRule, tiers: Tiers) -> float:
    """Return the contracts of a flagged position to be closed in this round, > 0.

    Parameters
    ----------
    size : contracts, short < 0.
    mark : USD per contract, > 0.
    since : steps since a part of it was last sold by this rule, infinite for never.
    partial : fraction per round, in (0, 1]; notional above which it holds, USD; cooldown, steps.
    tiers : the schedule of margins.
    """
    if partial.by_tier:
        excess = above_lower_tier(size, mark, tiers)
        if excess > 0.0:
            return excess
    if abs(size) * mark > partial.above and not since < partial.cooldown:
        return partial.fraction * abs(size)
    return abs(size)
