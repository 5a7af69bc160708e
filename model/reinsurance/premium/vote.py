"""A flat rate set by vote: the members' median."""

import numpy as np

from model.reinsurance.premium.base import Array, Exposure, Premium, credible


class Vote(Premium):
    """Each member prefers the rate it finds fair for itself; the median of a pot's members is the rate of all.

    Preferences are single-peaked at (1 + θ) λᵢ / Oᵢ, so the median wins against every other rate (Black 1948). A
    minority of members with many claims is then outvoted and pays too little, or a majority makes others pay.
    """

    def yearly(self, seen: Exposure) -> Array:
        """Return the median rate of each member's pot times its open interest."""
        cost = (1.0 + self.terms.loading) * credible(seen.expected, seen.claims, seen.years, self.terms.credibility)
        preferred = np.divide(cost, seen.interest, out=np.zeros_like(cost), where=seen.interest > 0.0)
        return self.medians(preferred, seen)[seen.pot] * seen.interest

    def medians(self, preferred: Array, seen: Exposure) -> Array:
        """Return the median preference among those present in each pot, nil where nobody is, (pots,)."""
        present = [preferred[(seen.pot == j) & seen.member] for j in range(int(seen.pot.max()) + 1)]
        return np.array([np.median(votes) if len(votes) else 0.0 for votes in present])
