"""Parameters of the market: books, depth, impact, arbitrage, funding."""

from typing import Literal

from model.scenario.bound import SHARE, SPAN, STRENGTH, VOLATILITY, above, between
from model.scenario.parameter import Numbers, Section, parameter

CALIBRATION = "calibration to a calm day and to 10 October 2025 (docs/ODD.md, section 7)"


class MarketSection(Section):
    """How order flow moves the prices to which protocols mark."""

    books: Literal["shared", "venue"] = parameter(
        "shared",
        "name",
        "where orders meet: one book for every asset, or one for each listing, with a price and a depth of its own",
        "one market; 10 Oct 2025: prices of one asset were 10 % and more apart",
    )
    impact: Literal["linear", "square_root", "constant_product", "latent"] = parameter(
        "linear",
        "1",
        "shape of the price impact of order flow",
        "Cont, Kukanov, Stoikov (2014): linear in log price",
    )
    latent: Numbers = parameter(
        (6.5, 6.5, 1.6),
        "1 per log",
        "latent shape: slope of the density of latent orders over full depth, one value or one by asset",
        "prototype: 10 Oct 2025; linear books run away",
        between(0, 1e6, "0 is the linear book; a million is the square root from a millionth of a log on"),
        min_length=1,
    )
    depth_multiplier: float = parameter(
        1.0,
        "1",
        "scales the depth of every asset; inf makes prices exogenous",
        CALIBRATION,
        between(1e-4, 1e6, "from no market to one that nothing moves")._replace(or_infinite=True),
    )
    arbitrage: float = parameter(
        0.15,
        "1/min",
        "rate at which arbitrage pulls the dislocation back; inf at once",
        CALIBRATION,
        between(0, 1e3, "0: none; 1,000 a minute closes any gap within a step")._replace(or_infinite=True),
    )
    refill: float = parameter(
        0.0,
        "s",
        "half-life of a dislocation at full depth, longer as makers go; 0: by `arbitrage`, whatever the depth",
        "prototype: 110 s on 10 Oct 2025",
        between(0, 1e7, "0: not by depth; 1e7 s are four months, longer than any run"),
    )
    refill_alone: float = parameter(
        0.25, "1", "share of the speed of refilling that is left without makers", "prototype, 10 Oct 2025", SHARE
    )
    arbitrage_between: float = parameter(
        0.0,
        "1/min",
        "rate at which arbitrageurs close gaps between the books of an asset, at full depth; 0: none; inf at once",
        "prototype: 1.5 on 10 Oct 2025",
        between(0, 1e3, "0: none; 1,000 a minute closes any gap within a step")._replace(or_infinite=True),
    )
    arbitrage_capital: float = parameter(
        0.01,
        "1",
        "most that arbitrageurs hold in a book, over the asset's open interest at the start; inf: any",
        "prototype, 10 Oct 2025",
        between(0, 1e3, "0: none trade; beyond all open interest nothing binds")._replace(or_infinite=True),
    )
    mark: Literal["own", "index", "blend"] = parameter(
        "own",
        "name",
        "what venues mark by: the mid of their own book, the index over all books, or half of each (log)",
        "venues mark by their own book, an index of spot prices, or a median of both",
    )
    mark_seconds: float = parameter(
        0.0,
        "s",
        "time over which the mark is an exponential average; 0: none; else it moves once a step",
        "prototype: 13 s on 10 Oct 2025",
        between(0, 86_400, "0: the price of the moment; a day is longer than any venue averages over"),
    )
    price_band: float = parameter(
        1.0,
        "log",
        "largest dislocation of a price from its fundamental; beyond it outside capital trades",
        "price limits of venues, taken wide: between 37 % and 272 % of the fundamental",
        between(1e-4, 20, "from one basis point to a factor no price moved by"),
    )
    permanent_share: float = parameter(
        0.0,
        "1",
        "fraction of impact that stays in the fundamental value",
        "modelling choice: all impact is transient",
        SHARE,
    )
    square_root_volatility: float = parameter(
        0.03, "log", "daily volatility in the square-root law", "Almgren et al. (2005)", VOLATILITY
    )
    volatility_half_life: float = parameter(
        30.0, "min", "half-life of the running volatility", "RiskMetrics-style exponential weights", SPAN
    )
    depth_volatility: float = parameter(
        0.5, "1", "depth is divided by 1 + this × (running / normal volatility − 1)+", CALIBRATION, STRENGTH
    )
    depth_exponent: float = parameter(
        0.0,
        "1",
        "depth is full depth times (running / normal volatility) to minus this power; 0: by `depth_volatility`",
        "prototype: 0.25 on 10 Oct 2025",
        between(0, 10, "0: as depth_volatility says; 10 leaves a thousandth at twice the volatility"),
    )
    depth_tape: bool = parameter(
        True,
        "flag",
        "whether depth is at most what the tape says of it, as episodes do; else volatility and makers alone thin it",
        "episodes: recorded depth; a market that makes its own counts it twice",
    )
    depth_interest: Numbers = parameter(
        (),
        "1",
        "full depth over one-sided open interest by asset, whatever vaults hold; empty: `asset.depth_per_oi`, vaults'",
        "prototype: 1.65 (BTC), 1.25 (ETH), 0.3 (thin) on 10 Oct 2025",
        between(1e-3, 1e6, "from a market that a trade of 0.1 % moves by a factor e to one that nothing moves"),
    )
    depth_floor: float = parameter(
        0.1,
        "1",
        "least fraction of depth that volatility leaves",
        "10 Oct 2025: depth at all levels up to −90 %",
        between(1e-6, 1, "some depth stays, or no order is filled; at most all"),
    )
    momentum_half_life: float = parameter(
        20.0, "min", "half-life of the running return trend followers see", CALIBRATION, SPAN
    )
    interest: float = parameter(
        1e-4,
        "1 per 8 h",
        "interest component I of the funding rate",
        "BitMEX, Binance: 0.01 % per 8 hours",
        between(-0.1, 0.1, "10 % in eight hours, either way"),
    )
    funding_clamp: float = parameter(
        5e-4,
        "1 per 8 h",
        "bound on I − P in the funding rate",
        "BitMEX, Binance: 0.05 %",
        between(0, 1e9, "0: the rate is I; beyond the cap on the rate the clamp does nothing"),
    )
    funding_cap: float = parameter(
        0.02,
        "1 per 8 h",
        "bound on the funding rate",
        "Binance: 2 % for most contracts",
        above(0, 1, "1 is the whole notional in eight hours"),
    )
