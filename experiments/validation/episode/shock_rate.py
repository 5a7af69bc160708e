"""How often single venues and thin markets are struck: rates with exact intervals, from the events on record.

Events are those of which date, venue and consequence are on record. The years are those in which a venue ran, from 2020
or its launch to the end of February 2026; launches are from memory, to about a quarter, and no study of their own.
Venues that are little known are left out with their events, and so are events that nobody wrote down.

With n events in T years the rate is n / T, and its exact interval at confidence 1 − α (Garwood 1936, Biometrika
28:437) is

    [G⁻¹(α/2; n), G⁻¹(1 − α/2; n + 1)] / T,

G the distribution function of the gamma law of unit scale; the lower end is zero where n is.
"""

import math
from typing import NamedTuple

from scipy.special import gammaincinv

LEVEL = 0.95
DAYS = 365.25  # a year
YEARS = {
    "Binance": 6.2,
    "BitMEX": 6.2,
    "Bybit": 6.2,
    "Deribit": 6.2,
    "OKX": 6.2,
    "FTX": 2.9,
    "dYdX": 5.0,
    "GMX": 4.5,
    "Mango": 1.0,
    "Hyperliquid": 3.0,
    "Lighter": 1.0,
}
"""Years from 2020 or its launch in which each venue named by the records ran."""
EVENTS = {
    "squeeze": (
        ("2023-11-17", "dYdX", "YFI, −30 % within an hour: the fund paid $9M"),
        ("2025-03-26", "Hyperliquid", "JELLY, +400 %: vault −$12M to −$13.5M, unrealised"),
        ("2025-08-26", "Hyperliquid", "XPL, × 3 in two minutes: $17M liquidated"),
        ("2025-11-12", "Hyperliquid", "POPCAT, −40 %: vault −$4.9M"),
        ("2026-02-26", "Lighter", "ARC, about 600 shorts against one long: vault −$75k"),
    ),
    "oracle": (
        ("2022-09-18", "GMX", "AVAX, trades at the oracle's price: $0.4M to $0.57M"),
        ("2025-10-10", "Binance", "USDe, wBETH and BNSOL marked to the venue's own book: $283M repaid"),
    ),
    "outage": (
        ("2020-03-13", "BitMEX", "25 to 45 minutes"),
        ("2021-05-19", "Binance", "in the fall"),
        ("2025-10-10", "Lighter", "in the fall"),
    ),
    "exploit": (("2022-10-11", "Mango", "MNGO run up and $116M borrowed out"),),
}
"""Events on record by kind: date, venue and what happened."""


class Rate(NamedTuple):
    """Events a venue-year: estimate and the ends of its exact interval."""

    value: float
    low: float
    high: float

    def daily(self) -> float:
        """Return the estimate per venue and day, as the section ``shock`` takes it."""
        return self.value / DAYS


def poisson_rate(events: int, years: float, level: float = LEVEL) -> Rate:
    """Return the rate of `events` in `years` with its exact interval."""
    tail = 0.5 * (1.0 - level)
    low = float(gammaincinv(events, tail)) if events else 0.0
    return Rate(events / years, low / years, float(gammaincinv(events + 1, 1.0 - tail)) / years)


def shock_rates() -> dict[str, Rate]:
    """Return the rate of each kind of event, a venue-year."""
    years = sum(YEARS.values())
    return {kind: poisson_rate(len(events), years) for kind, events in EVENTS.items()}


def weight(arrived: int, trials: int, probability: float, studied: float) -> float:
    """Return by how much a run counts in which a shock was made likelier: the exact likelihood ratio.

    Parameters
    ----------
    arrived : steps, protocols counted apart, in which it arrived.
    trials : how many there were.
    probability : of an arrival in each, in (0, 1): ``1 - exp(-rate dt)`` at the rate on record.
    studied : the same at the rate of the study, in (0, 1).
    """
    missed = trials - arrived
    return math.exp(
        arrived * math.log(probability / studied) + missed * (math.log1p(-probability) - math.log1p(-studied))
    )
