"""Parameters of the shared market: depth, impact, arbitrage, funding."""

from typing import Literal

from model.parameter import Section, parameter

CALIBRATION = "calibration to a calm day and to 10 October 2025 (docs/ODD.md, section 7)"


class MarketSection(Section):
    """How order flow moves the price every protocol marks to."""

    impact: Literal["linear", "square_root", "constant_product"] = parameter(
        "linear",
        "1",
        "shape of the price impact of order flow",
        "Cont, Kukanov, Stoikov (2014): linear in log price",
    )
    depth_multiplier: float = parameter(
        1.0, "1", "scales the depth of every asset; inf makes prices exogenous", CALIBRATION, gt=0
    )
    arbitrage: float = parameter(
        0.15, "1/min", "rate at which arbitrage pulls the dislocation back; inf at once", CALIBRATION, ge=0
    )
    price_band: float = parameter(
        1.0,
        "log",
        "largest dislocation of a price from its fundamental; beyond it outside capital trades",
        "price limits of venues, taken wide: between 37 % and 272 % of the fundamental",
        gt=0,
        le=20,
    )
    permanent_share: float = parameter(
        0.0,
        "1",
        "fraction of impact that stays in the fundamental value",
        "modelling choice: all impact is transient",
        ge=0,
        le=1,
    )
    square_root_volatility: float = parameter(
        0.03, "log", "daily volatility in the square-root law", "Almgren et al. (2005)", gt=0
    )
    volatility_half_life: float = parameter(
        30.0, "min", "half-life of the running volatility", "RiskMetrics-style exponential weights", gt=0
    )
    depth_volatility: float = parameter(
        0.5, "1", "depth is divided by 1 + this × (running / normal volatility − 1)+", CALIBRATION, ge=0
    )
    depth_floor: float = parameter(
        0.1,
        "1",
        "least fraction of depth that volatility leaves",
        "10 Oct 2025: depth at all levels up to −90 %",
        gt=0,
        le=1,
    )
    momentum_half_life: float = parameter(
        20.0, "min", "half-life of the running return trend followers see", CALIBRATION, gt=0
    )
    interest: float = parameter(
        1e-4, "1 per 8 h", "interest component I of the funding rate", "BitMEX, Binance: 0.01 % per 8 hours"
    )
    funding_clamp: float = parameter(
        5e-4, "1 per 8 h", "bound on I − P in the funding rate", "BitMEX, Binance: 0.05 %", ge=0
    )
    funding_cap: float = parameter(
        0.02, "1 per 8 h", "bound on the funding rate", "Binance: 2 % for most contracts", gt=0
    )
