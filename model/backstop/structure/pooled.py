"""One pot: all capital is shared and pays for anyone (dYdX v4's cross-market fund, Drift's insurance vault)."""

from model.backstop.structure.base import Structure


class Pooled(Structure):
    """All capital is in the pool."""

    own_share = 0.0
