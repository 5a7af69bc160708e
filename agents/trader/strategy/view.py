"""What a trader sees when it decides."""

from typing import NamedTuple


class View(NamedTuple):
    """The market as one trader sees it, and the trader's own base position."""

    anchor: float  # contracts, short < 0: position the trader comes back to
    gap: float  # log, fundamental value over mid price
    momentum: float  # log, running return
    funding_rate: float  # 1 per 8 h, paid by longs
    draw: float  # uniform in (0, 1)
    tilt: float  # 1, largest deviation from the anchor as a fraction of it
    trend_scale: float  # log
    value_scale: float  # log
    carry_scale: float  # 1 per 8 h
