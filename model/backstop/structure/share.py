"""Structures that differ only in the share a of a member's capital that stays in its own fund, the rest being pooled.

No backstop at all is the baseline; isolated funds (OKX, Binance's BTC and ETH contracts before 2025) have a = 1, one
pool for all has a = 0, and between them a share s = 1 − a of every fund is pooled.
"""

from typing import Any

from model.backstop.structure.base import Structure
from model.scenario.section.backstop import BackstopSection


class NoBackstop(Structure):
    """Nobody holds backstop capital: the baseline in which every deficit is uncovered."""

    own_share = 0.0
    holds_capital = False


class Isolated(Structure):
    """Each member's capital pays for that member alone."""

    own_share = 1.0


class Pooled(Structure):
    """All capital is in the pool."""

    own_share = 0.0


class Partial(Structure):
    """A share s of every fund is pooled; s = 0 is `isolated`, s = 1 is `pooled`."""

    def __init__(self, terms: BackstopSection, *rest: Any) -> None:
        self.own_share = 1.0 - terms.pooled_share
        super().__init__(terms, *rest)
