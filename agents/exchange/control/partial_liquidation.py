"""Partial liquidation: a large position is sold in parts, so that it may be saved, and the market spared.

A flagged position of notional above a threshold loses a fraction of itself in a round; what is left keeps its share of
the collateral and what the part left over, so its margin ratio rises. One that is flagged again within the cooldown
goes whole, as does one below the threshold. Hyperliquid: 20 % first above 100,000 USD, the whole within 30 seconds
after. Without a cooldown a position is sold fraction by fraction until it is safe.
"""

from typing import NamedTuple

from agents.core.kernel import rule


class PartialRule(NamedTuple):
    """How a large position is closed in parts."""

    fraction: float  # per round, in (0, 1]
    above: float  # USD, notional above which it holds
    cooldown: float  # steps


@rule
def contracts_to_sell(size: float, mark: float, since: float, partial: PartialRule) -> float:
    """Return the contracts of a flagged position to be closed in this round, > 0.

    Parameters
    ----------
    since : steps since a part of it was last sold by this rule, infinite for never.
    partial : fraction per round, in (0, 1]; notional above which it holds, USD; cooldown, steps.
    """
    if abs(size) * mark > partial.above and not since < partial.cooldown:
        return partial.fraction * abs(size)
    return abs(size)
