"""The premium rules, each a function of what an underwriter sees, in USD a year.

What is seen is :class:`model.reinsurance.premium.base.Exposure`. Symbols: O open interest, r flat rate on it, E
expected claims a year, ES their expected shortfall, θ loading, λ the credible estimate of a member's own claims, c
charge on capital. References: Cramér (1930) and Bühlmann, *Mathematical Methods in Risk Theory*, for the expected value
principle; Bühlmann (1967) for experience rating; Black (1948) for votes.
"""

import numpy as np

from model.reinsurance.premium.base import Array, Exposure, Premium, credible


class Flat(Premium):
    """Everybody pays the same rate r: r O, whatever its risk."""

    def yearly(self, seen: Exposure) -> Array:
        """Return r O."""
        return self.rate * seen.interest


class ExpectedLoss(Premium):
    """Expected claims E with a loading θ: (1 + θ) E (Cramér; Bühlmann, *Mathematical Methods in Risk Theory*)."""

    def yearly(self, seen: Exposure) -> Array:
        """Return (1 + θ) E."""
        return (1.0 + self.terms.loading) * seen.expected


class Shortfall(Premium):
    """Expected claims E and a charge c on the capital beyond them: E + c (ES − E)⁺, ES expected shortfall."""

    def yearly(self, seen: Exposure) -> Array:
        """Return E + c (ES − E)⁺."""
        return seen.expected + self.terms.capital_charge * np.maximum(seen.shortfall - seen.expected, 0.0)


class Experience(Premium):
    """The credible estimate λ of a member's own claims with a loading: (1 + θ) λ (Bühlmann 1967)."""

    def yearly(self, seen: Exposure) -> Array:
        """Return (1 + θ) λ."""
        cost = credible(seen.expected, seen.claims, seen.years, self.terms.credibility)
        return (1.0 + self.terms.loading) * cost


class RiskBased(Premium):
    """The flat premium times what makes claims likely or the pool thin.

    With leverage ℓ over the start, one-sidedness χ of the asset's market and health h of the pool the premium is
    r O ℓᵖ (1 + b χ) (1 + g (1 − h)⁺).
    """

    def yearly(self, seen: Exposure) -> Array:
        """Return r O ℓᵖ (1 + b χ) (1 + g (1 − h)⁺)."""
        terms = self.terms
        crowd = 1.0 + terms.crowding_loading * seen.crowding
        thin = 1.0 + terms.health_loading * np.maximum(1.0 - seen.health, 0.0)
        return self.rate * seen.interest * seen.leverage**terms.leverage_power * crowd * thin


class Vote(Premium):
    """Each member prefers the rate it finds fair for itself; the median of a pool's members is the rate of all.

    Preferences are single-peaked at (1 + θ) λᵢ / Oᵢ, so the median wins against every other rate (Black 1948). A
    minority of members with many claims is then outvoted and pays too little, or a majority makes others pay.
    """

    def yearly(self, seen: Exposure) -> Array:
        """Return the median rate of each member's pool times its open interest."""
        cost = (1.0 + self.terms.loading) * credible(seen.expected, seen.claims, seen.years, self.terms.credibility)
        preferred = np.divide(cost, seen.interest, out=np.zeros_like(cost), where=seen.interest > 0.0)
        return self.medians(preferred, seen)[seen.pool_of] * seen.interest

    def medians(self, preferred: Array, seen: Exposure) -> Array:
        """Return the median preference among those present in each pool, zero where nobody is, (pots,)."""
        present = [preferred[(seen.pool_of == j) & seen.member] for j in range(int(seen.pool_of.max()) + 1)]
        return np.array([np.median(votes) if len(votes) else 0.0 for votes in present])
