"""Expected claims and a loading: the expected value principle."""

from model.reinsurance.premium.base import Array, Exposure, Premium


class ExpectedLoss(Premium):
    """Expected claims E with a loading θ: (1 + θ) E (Cramér; Bühlmann, *Mathematical Methods in Risk Theory*)."""

    def yearly(self, seen: Exposure) -> Array:
        """Return (1 + θ) E."""
        return (1.0 + self.terms.loading) * seen.expected
