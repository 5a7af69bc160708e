"""Experience rating: who claimed pays more."""

from model.reinsurance.premium.base import Array, Exposure, Premium, credible


class Experience(Premium):
    """The credible estimate λ of a member's own claims with a loading: (1 + θ) λ (Bühlmann 1967)."""

    def yearly(self, seen: Exposure) -> Array:
        """Return (1 + θ) λ."""
        cost = credible(seen.expected, seen.claims, seen.years, self.terms.credibility)
        return (1.0 + self.terms.loading) * cost
