"""Isolated insurance funds: every protocol holds its own capital and nobody else's."""

from model.backstop.structure.base import Structure


class Isolated(Structure):
    """Each member's capital pays for that member alone (OKX, Binance's BTC and ETH contracts before 2025)."""

    own_share = 1.0
