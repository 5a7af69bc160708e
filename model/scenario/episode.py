"""Days on which backstops were tested, as a few anchor prices each: four crashes, and two days of one venue's fund.

An anchor is a minute since the start of the window and a price in USD; between anchors the process bridges
(:mod:`model.price.process.episode`). Extremes and day's openings are the recorded ones; anchors marked in the
comments as approximate are rounded public price levels that only give the path its shape. Where a record
gives the hour of an extreme but not the minute, the middle of the hour stands.

Around the crash the market is stressed: from `onset` stress rises to 1 in `ramp` minutes, stays there to
the end of the crash window and then halves every `half_life` minutes. At stress 1 depth, spreads, keepers
and gas take the values given, between they move in proportion. Where no record was found, those of 10
October 2025 stand.
"""

from dataclasses import dataclass

Anchors = tuple[tuple[float, float], ...]

THINNING = "Amberdata (2025): depth at +1 % fell by 72 %, over all levels by up to 90 %"
OCTOBER = "stress as on 10 October 2025, for want of a record"


@dataclass(frozen=True)
class Episode:
    """One episode.

    Attributes
    ----------
    name, title, summary : what it is called, and what happened, in a line each.
    start : ISO moment, UTC, of minute 0.
    assets : K names.
    anchors : K tuples of (minute since the start, price in USD), from minute 0 to the end.
    minutes : length of the window.
    crash : first and last minute of the crash.
    onset, ramp, half_life : minutes; when stress begins, how fast it rises, how fast it halves after the
    crash. depth_trough : share of calm depth left at stress 1. spread_multiplier, gas_multiplier :
    multiples of the calm values at stress 1. keeper_capacity : share of keepers' capacity left at stress 1.
    noise_multiplier : multiple of the calm volatility in the bridge at stress 1. sources : where the
    figures come from.
    """

    name: str
    title: str
    summary: str
    start: str
    assets: tuple[str, ...]
    anchors: tuple[Anchors, ...]
    minutes: int
    crash: tuple[float, float]
    sources: tuple[str, ...]
    onset: float
    ramp: float = 20.0
    half_life: float = 60.0
    depth_trough: float = 0.2
    spread_multiplier: float = 6.0
    keeper_capacity: float = 0.5
    gas_multiplier: float = 20.0
    noise_multiplier: float = 6.0


def _anchors(text: str) -> Anchors:
    """Return the anchors written as ``minute price, minute price, ...``."""
    pairs = (pair.split() for pair in text.split(","))
    return tuple((float(minute), float(price)) for minute, price in pairs)


_MARCH_2020 = Episode(
    name="2020-03-12",
    title="12-13 March 2020, Black Thursday",
    summary="BTC and ETH halve in a day, in two waves; gas prices keepers out, one fund is topped up",
    start="2020-03-12T06:00",
    assets=("BTC", "ETH"),
    # 12 March 06:00 to 13 March 06:00 UTC; openings and extremes are the record's, to the hour; the levels
    # between the waves are approximate.
    anchors=(
        _anchors(
            "0 7650, 240 7360, 270 5200, 300 5980, 840 6030, 900 5650, 1010 5800, 1080 4760, 1185 3950, "
            "1215 3621.81, 1260 5000, 1380 4720, 1440 5000"
        ),
        _anchors(
            "0 182, 240 168, 270 123, 300 132, 840 138, 900 127, 1010 128, 1080 106.7, 1185 95, 1215 "
            "86, 1260 120, 1380 110, 1440 120"
        ),
    ),
    minutes=1_440,
    crash=(1_020, 1_230),
    onset=240.0,
    keeper_capacity=0.3,
    sources=(
        "BTC perpetual 7,969 to 3,621.81, worst hours -29.3 % (10:00) and -25.0 % (23:00); ETH 195.55 to 86.0",
        "BitMEX fund 35.5k to 33.9k BTC; Deribit fund 391 to 183 BTC and 500 BTC injected",
        "Maker: keepers priced out by gas, $8.32M won at zero bids; hence a keeper capacity below that of 2025",
        OCTOBER,
    ),
)

_MAY_2021 = Episode(
    name="2021-05-19",
    title="19 May 2021, China's ban",
    summary="BTC falls by a third and ETH by half in twelve hours; $8.6bn liquidated, exchanges down",
    start="2021-05-19T00:00",
    assets=("BTC", "ETH"),
    # 19 May 00:00 to 24:00 UTC; all but the lows and the opening of the worst hour are approximate.
    anchors=(
        _anchors(
            "0 43000, 120 40500, 240 40000, 600 40300, 690 38000, 750 32500, 780 35060, 810 28688, 840 "
            "35650, 960 37300, 1020 39600, 1440 36700"
        ),
        _anchors(
            "0 3380, 120 3150, 240 3050, 600 2970, 690 2650, 750 2050, 780 2330, 810 1888, 840 2485, "
            "960 2750, 1020 2850, 1440 2440"
        ),
    ),
    minutes=1_440,
    crash=(690, 840),
    onset=670.0,
    sources=(
        "BTC 43,616 to 28,688, worst hour -18.2 % (13:00); ETH spot low 1,888 (one perpetual printed 1,400.73)",
        "about $8.6bn liquidated, BTC open interest halved, exchange outages",
        OCTOBER,
    ),
)

_NOVEMBER_2022 = Episode(
    name="2022-11-08",
    title="8-9 November 2022, a venue's default",
    summary="a venue stops withdrawals; BTC loses a quarter in two days, SOL two thirds",
    start="2022-11-08T23:00",
    assets=("BTC", "SOL"),
    # 8 November 23:00 to 9 November 23:00 UTC, the worse day for SOL; all but the lows are approximate.
    anchors=(
        _anchors(
            "0 18450, 240 18100, 600 18140, 680 17300, 960 17600, 1020 17100, 1140 16600, 1290 16200, "
            "1410 15462.6, 1440 15900"
        ),
        _anchors("0 26, 240 24.5, 600 22, 680 18, 960 17.5, 1020 15.5, 1140 14.5, 1290 13, 1410 9.42, 1440 12.5"),
    ),
    minutes=1_440,
    crash=(1_260, 1_440),
    onset=640.0,
    sources=(
        "BTC 20,685 to 15,462.6 and SOL 31.89 to 9.42 over 8 to 10 November 2022; the window holds "
        "the last of the fall",
        OCTOBER,
    ),
)

_OCTOBER_2025 = Episode(
    name="2025-10-10",
    title="10 October 2025, the largest cascade on record",
    summary="$19bn liquidated, $3.2bn of it in a minute; depth vanishes, $2.1bn is auto-deleveraged",
    start="2025-10-10T14:00",
    assets=("BTC", "ETH", "XRP"),
    # 14:00 to 02:00 UTC; the crash runs from 20:50 (minute 410) to 21:45, the low is at 21:20 (minute 440).
    # ETH and XRP between start, low and end are approximate, in step with BTC.
    anchors=(
        _anchors(
            "0 122550, 60 120600, 180 118300, 410 117000, 430 114300, 434 111700, 440 102000, 442 "
            "107800, 465 112000, 720 113500"
        ),
        _anchors("0 4392, 60 4270, 180 4100, 410 3980, 430 3850, 434 3720, 440 3400, 442 3560, 465 3780, 720 3830"),
        _anchors(
            "0 2.836, 60 2.8, 180 2.75, 410 2.66, 430 2.55, 434 2.35, 438 1.45, 440 1.179, 443 1.6, 465 2.3, 720 2.4"
        ),
    ),
    minutes=720,
    crash=(410, 465),
    onset=410.0,
    sources=(
        "BTC spot 122,550 to 102,000; ETH perpetual 4,392 to 3,400; XRP 2.836 to 1.179; worst mark minute -4.22 %",
        "$19bn liquidated, $3.21bn in one minute, 84 % longs; Hyperliquid: $2.103bn auto-deleveraged",
        THINNING,
        "half spread x 6, keepers at half capacity, gas $5 to $100: assumed",
    ),
)

_MAY_2020 = Episode(
    name="2020-05-10",
    title="10 May 2020, the day before the halving",
    summary="BTC falls by a sixth within an hour; one venue's fund loses two thirds",
    start="2020-05-09T20:00",
    assets=("BTC", "ETH"),
    # 9 May 20:00 to 10 May 20:00 UTC; openings, lows and hours of them are those of hourly bars of the perpetuals.
    anchors=(
        _anchors(
            "0 9754, 240 9550, 255 9530, 270 7940, 285 8600, 300 8696, 420 8662, 450 8319, 480 8622, 720 8809, "
            "1200 8650, 1230 8250, 1260 8270, 1440 8500"
        ),
        _anchors(
            "0 212.5, 240 210.3, 255 210, 270 177.89, 285 190, 300 192.4, 420 187.8, 450 182, 480 185.9, 720 191, "
            "1200 188.3, 1230 180.3, 1260 180.6, 1440 185.2"
        ),
    ),
    minutes=1_440,
    crash=(255, 300),
    onset=255.0,
    sources=(
        "BTC perpetual 9,550 to 7,940 and ETH 210.3 to 177.89 within the hour from 00:00 UTC (hourly bars)",
        "Binance's BTCUSDT fund 21,005,925 to 7,731,989 USDT, over 13 million used (Cointelegraph, 11 May 2020)",
        OCTOBER,
    ),
)

_NOVEMBER_2023 = Episode(
    name="2023-11-17",
    title="17 November 2023, YFI at one venue",
    summary="a thin coin, run up by one trader's long of 100 wallets, falls by 30 % within an hour",
    start="2023-11-17T18:00",
    assets=("YFI",),
    # The fall of 30 % in an hour is the record's; the level in USD, the hour and what follows are approximate.
    anchors=(_anchors("0 14000, 300 14000, 360 9800, 720 9800"),),
    minutes=720,
    crash=(300, 360),
    onset=300.0,
    # One coin fell; books, keepers and gas of all others were as on any day.
    spread_multiplier=1.0,
    depth_trough=1.0,
    keeper_capacity=1.0,
    gas_multiplier=1.0,
    noise_multiplier=1.0,
    sources=("dYdX's report by the press: YFI -30 % in an hour after +215 %; $38M liquidated, the fund paid $9M",),
)

CRASHES: dict[str, Episode] = {
    episode.name: episode for episode in (_MARCH_2020, _MAY_2021, _NOVEMBER_2022, _OCTOBER_2025)
}
"""Crashes of the whole market, by name: those that studies run over."""
EPISODES: dict[str, Episode] = CRASHES | {episode.name: episode for episode in (_MAY_2020, _NOVEMBER_2023)}
"""All episodes by name."""
