"""A flat rate on open interest."""

from model.reinsurance.premium.base import Array, Exposure, Premium


class Flat(Premium):
    """Everybody pays the same rate r: r O, whatever its risk."""

    def yearly(self, seen: Exposure) -> Array:
        """Return r O."""
        return self.rate * seen.interest
