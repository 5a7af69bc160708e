"""What a protocol pays into its backstop next to fees: contributions by tier, and replenishment up to a target.

- Target size: a multiple τ of the fund at the start, T = τ F₀; income that would lift the fund above it is the
  treasury's.
- Replenishment: a fraction r of the gap (T − F)⁺ per minute, from the treasury.
- Contribution: a yearly rate on open interest, higher in higher tiers; the tier of a protocol is the number of bounds
  its open interest, or its asset's daily volatility, reaches (clearing houses' contributions by uncovered risk).

Units: USD, rates per year or minute as said.
"""

import numpy as np

from agents.reinsurer.reinsurer import MINUTES_PER_YEAR

Array = np.ndarray


def target_size(ratio: float, start: Array) -> Array:
    """Return the target size of each fund, USD; without limit where the ratio is zero."""
    return ratio * start if ratio > 0.0 else np.full_like(start, np.inf)


def gap(held: Array, target: Array) -> Array:
    """Return what is missing to the target, USD >= 0; nothing where there is none."""
    return np.where(np.isfinite(target), np.maximum(target - held, 0.0), 0.0)


def tier(measure: Array, bounds: tuple[float, ...]) -> Array:
    """Return the tier of each measure: how many of the ascending bounds it reaches."""
    return np.searchsorted(np.asarray(bounds, dtype=float), measure, side="right")


def contribution(interest: Array, rates: tuple[float, ...], tiers: Array, minutes: float) -> Array:
    """Return contributions for `minutes` at the yearly rate of each tier, the last rate repeated, USD.

    Parameters
    ----------
    interest : (members,) USD >= 0, open interest.
    rates : 1/year, one a tier.
    tiers : (members,) index of each one's tier.
    minutes : what they are due for.
    """
    rate = np.asarray(rates, dtype=float)[np.minimum(tiers, len(rates) - 1)]
    return interest * rate * minutes / MINUTES_PER_YEAR
