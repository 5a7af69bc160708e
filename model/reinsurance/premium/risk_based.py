"""Risk-based premium: leverage, crowding, health of the pool."""

import numpy as np

from model.reinsurance.premium.base import Array, Exposure, Premium


class RiskBased(Premium):
    """The flat premium times what makes claims likely or the pool thin.

    With leverage ℓ over the start, one-sidedness χ of the asset's market and health h of the pot the premium is
    r O ℓᵖ (1 + b χ) (1 + g (1 − h)⁺).
    """

    def yearly(self, seen: Exposure) -> Array:
        """Return r O ℓᵖ (1 + b χ) (1 + g (1 − h)⁺)."""
        terms = self.terms
        crowd = 1.0 + terms.crowding_loading * seen.crowding
        thin = 1.0 + terms.health_loading * np.maximum(1.0 - seen.health, 0.0)
        return self.rate * seen.interest * seen.leverage**terms.leverage_power * crowd * thin
