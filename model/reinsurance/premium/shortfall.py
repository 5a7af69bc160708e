"""Expected claims and the cost of the capital that their tail ties up."""

import numpy as np

from model.reinsurance.premium.base import Array, Exposure, Premium


class Shortfall(Premium):
    """Expected claims E and a charge c on the capital beyond them: E + c (ES − E)⁺, ES expected shortfall."""

    def yearly(self, seen: Exposure) -> Array:
        """Return E + c (ES − E)⁺."""
        return seen.expected + self.terms.capital_charge * np.maximum(seen.shortfall - seen.expected, 0.0)
