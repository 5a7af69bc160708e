"""Claims about rules that venues publish: loss sharing, funds, queues, liquidation prices, funding, pools, impact."""

from pathlib import Path

import numpy as np

from agents.account.position import bankruptcy_price, liquidation_price
from agents.exchange.exchange import funding_rate
from agents.exchange.insurance_fund import fund_delta
from experiments.statistics.statistic import Interval
from experiments.study.replay.rule import allocations
from experiments.study.replay.wave import read_waves
from experiments.validation.claim import SEED, claim, simulated
from model.backstop.loss_regime.allocation import adl_close, capped_pro_rata, clawback_rate, socialized_loss
from model.backstop.loss_regime.score import adl_score
from model.market.impact import constant_product, constant_product_average, square_root_law
from model.price.streams import Streams

LOSS, FUND, QUEUE, PRICE = "Socialised loss", "Insurance fund", "Deleveraging", "Liquidation prices"
FUNDING, POOL, IMPACT, EVENT = "Funding rate", "Constant-product pool", "Price impact", "10 October 2025"
VEGA = "Vega protocol, published loss-socialisation tests"
DYDX = "dYdX v4, published liquidation tests"
BITMEX = "BitMEX, published auto-deleveraging example"
OKEX = "OKEx, settlement of 31 July 2018"
HYPERLIQUID = "Hyperliquid, documentation of liquidations"
CHITRA = "Chitra (2025), Autodeleveraging: worked example"
CLAMP = "BitMEX and Binance: F = P + clamp(I − P, ±0.05 %), I = 0.01 %"
UNISWAP = "Uniswap v2, getInputPrice"
LOSS_VERSUS = "Milionis, Moallemi, Roughgarden, Zhang (2022): σ²/8"
ALMGREN = "square-root law; Almgren et al. (2005)"
WAVES = "hyperliquid_2025_10_10"
ANALYSIS = "autodeleveraging-analysis (2025), published totals"


def vega_haircut(winners: list[float], collateral: float) -> np.ndarray:
    """Return what winners of these lots lose when mark goes from 100 to 180 and the loser of 100 lots had too little.

    A solvent loser of one lot pays its 80; the winner of one lot against it is the last of `winners`.
    """
    gains = 80.0 * np.array(winners)
    return gains - socialized_loss(gains, collateral + 80.0, 101 * 80.0)


@claim(
    LOSS, "haircut of a winner of 100 lots", 2970.297, VEGA,
    key="socialized_loss/cases/0/haircut_winner_0", absolute=5e-4,
)  # fmt: skip
def one_winner() -> float:
    """Collateral 5,000 against a loss of 8,000."""
    return vega_haircut([100, 1], 5000.0)[0]


@claim(
    LOSS, "haircuts of winners of 25 and 75 lots", [1361.386, 4084.158], VEGA,
    key="socialized_loss/cases/1/haircut_winners_0_1", absolute=5e-4,
)  # fmt: skip
def two_winners() -> np.ndarray:
    """Collateral 2,500 against a loss of 8,000."""
    return vega_haircut([25, 75, 1], 2500.0)[:2]


@claim(LOSS, "rate of the clawback of 1,200 BTC, on the profits implied, %", 18, OKEX, absolute=0.5)
def clawback() -> float:
    """Claw back a loss of 3,710 less a fund of 10 and 2,500 added; profits of 6,667 BTC are implied by the source."""
    return 100.0 * clawback_rate(3710.0, 2510.0, [4000.0, -900.0, 2666.7])


@claim(LOSS, "capped pro rata, deficit 7.5 on profits 8, 4, 0.5", [5.2, 2.6, 0.7], CHITRA, absolute=1e-9)
def capped() -> np.ndarray:
    """Return what is left of 10, 5 and 1."""
    profits = np.array([8.0, 4.0, 0.5])
    return np.array([10.0, 5.0, 1.0]) - capped_pro_rata(profits, profits, 7.5)


for _case, (_fill, _delta) in enumerate(((5610, 28.05), (5100, 0), (5049, -51))):
    claim(
        FUND, f"change of the fund, filled at {_fill:,}, bankrupt at 5,100", _delta, DYDX,
        key=f"insurance_fund_delta/cases/{_case}/delta", absolute=1e-9,
    )(lambda fill=_fill: fund_delta(float(fill), 5100.0, 0.005))  # fmt: skip


@claim(QUEUE, "contracts closed of the accounts ranked 6 and 5", [10, 10], BITMEX, key="adl_queue/closed")
def queue() -> np.ndarray:
    """Deleverage a short of 20."""
    closed = adl_close([3, 6, 1, 4, 5, 2], [10, 10, 20, 30, 20, 10], 20.0)
    return closed[closed > 0]


def long_score(entry: float, bankruptcy: float) -> float:
    """Return the score of a long at a mark of 11,000."""
    return float(adl_score("bitmex", entry=entry, bankruptcy=bankruptcy, mark=11_000.0))


for _case, (_entry, _bankrupt, _score) in enumerate(((10_000.0, 9_000.0, 0.55), (10_500.0, 10_290.0, 0.73776))):
    claim(
        QUEUE, f"score of a long from {_entry:,.0f} bankrupt at {_bankrupt:,.0f}, mark 11,000", _score, BITMEX,
        key=f"adl_queue/score/cases/{_case}/score", relative=1e-5,
    )(lambda entry=_entry, low=_bankrupt: long_score(entry, low))  # fmt: skip


@claim(
    PRICE, "bankruptcy of a 50× long from 10,000", 9800, "BitMEX, published example",
    key="liquidation_prices/cases/0/bankruptcy", relative=1e-12,
)  # fmt: skip
def bankruptcy() -> float:
    """Margin of 200."""
    return bankruptcy_price(10_000.0, 1.0, 200.0)


@claim(
    PRICE, "liquidation of a long from 100,000, margin 5,000, 40× venue", 96202.53, HYPERLIQUID,
    key="liquidation_prices/cases/1/liquidation", absolute=0.005,
)  # fmt: skip
def liquidation() -> float:
    """Maintenance margin of half the initial one."""
    return liquidation_price(100_000.0, 1.0, 5_000.0, 0.5 / 40)


for _case, (_premium, _rate) in enumerate(((0.0, 0.01), (0.1, 0.05))):
    claim(
        FUNDING, f"rate at a premium of {_premium:g} %, in %", _rate, CLAMP,
        key=f"funding_rate/percent/{_case}/F", absolute=1e-12,
    )(lambda premium=_premium: funding_rate(premium, 0.01, 0.05))  # fmt: skip


@claim(
    FUNDING, "rates at premia of −0.1, −0.04, 0.06 and 0.2 %, in %", [-0.05, 0.01, 0.01, 0.15], CLAMP, absolute=1e-12
)
def other_rates() -> list[float]:
    """Within the clamp the interest, beyond it the premium less the clamp."""
    return [funding_rate(premium, 0.01, 0.05) for premium in (-0.1, -0.04, 0.06, 0.2)]


def pool_output(sold: float, base: float, quote: float, fee: float = 0.003) -> float:
    """Return what a pool of `base` and `quote` pays for `sold` base less a `fee`, by the model's impact.

    Its depth at the mid price quote / base is base / 2 contracts.

    Parameters
    ----------
    sold : contracts, > 0.
    base, quote : held by the pool, > 0.
    fee : fraction of what is sold.
    """
    filled = (1.0 - fee) * sold
    return quote / base * filled * constant_product_average(-filled / (base / 2), 0.0)


for _case, (_sold, _base, _quote, _out) in enumerate(((1, 5, 10, 1.662497915624479), (2, 10, 5, 0.8312489578122395))):
    claim(
        POOL, f"output for {_sold} of a pool of {_base} and {_quote}", _out, UNISWAP,
        key=f"constant_product/cases/{_case}/out", relative=1e-12,
    )(lambda case=(_sold, _base, _quote): pool_output(*map(float, case)))  # fmt: skip


def bought_to(displacement: float) -> float:
    """Return how much of the depth is bought to move the pool's log price by that: the inverse of its impact."""
    return -2.0 * np.expm1(-0.5 * displacement)


def impermanent_loss(change: float) -> float:
    """Return value of the pool over that of holding its start, less one, when the price has changed by a factor."""
    ratio = bought_to(np.log(change))
    price = np.exp(constant_product(ratio, 0.0))
    paid = ratio * constant_product_average(ratio, 0.0)
    return (2.0 + paid + (2.0 - ratio) * price) / (2.0 + 2.0 * price) - 1.0


for _change, _printed in ((2, -0.05719096), (4, -0.2)):
    claim(
        POOL, f"impermanent loss, price × {_change}", _printed, "closed form: 2 √k / (1 + k) − 1",
        key=f"constant_product/impermanent_loss/{_change}", absolute=5e-9,
    )(lambda change=float(_change): impermanent_loss(change))  # fmt: skip


def loss_a_day(volatility: float, day: int, steps: int = 480) -> float:
    """Return what a pool loses in a day to those who keep it at the outside price, over its value, in bp.

    The outside price is a geometric Brownian motion; a trade pays the pool's average price for what is worth the price
    after it, as the model's market charges it.
    """
    drawn = Streams(SEED, day).normal("validation.pool", size=steps)
    lost = 0.0
    for step in volatility / np.sqrt(steps) * drawn - 0.5 * volatility**2 / steps:
        ratio = bought_to(step)
        worth = np.exp(constant_product(ratio, 0.0))
        lost += ratio * (worth - constant_product_average(ratio, 0.0)) / 4.0  # a pool is worth 4 depths
    return 1e4 * lost


@claim(
    POOL, "loss versus rebalancing at 5 % a day, bp a day", 3.125, LOSS_VERSUS,
    key="constant_product/loss_versus_rebalancing/bp_per_day",
)  # fmt: skip
def loss_versus_rebalancing() -> Interval:
    """60 days of 480 trades."""
    return simulated([loss_a_day(0.05, day) for day in range(60)])


@claim(POOL, "loss versus rebalancing at 2 % a day, bp a day", 0.5, LOSS_VERSUS)
def less_volatile() -> Interval:
    """Quadratic in volatility."""
    return simulated([loss_a_day(0.02, day) for day in range(60)])


@claim(IMPACT, "1 % of daily volume at 3 % a day", 0.003, ALMGREN, key="impact/impact", relative=1e-12)
def impact() -> float:
    """Y = 1."""
    return square_root_law(1.0, 0.03, 0.01)


@claim(
    EVENT, "sum of bankruptcy gaps, USD", 15_080_000.0, ANALYSIS,
    key="replay_2025_10_10/total_gap_usd", relative=1e-3, needs=WAVES,
)  # fmt: skip
def gaps(data: Path) -> float:
    """Over 16 waves and 162 coins."""
    return float(read_waves(data / WAVES).needed.sum())


@claim(
    EVENT, "overshoot of production, USD", 45_030_000.0, ANALYSIS,
    key="replay_2025_10_10/overshoot_of_production_usd", relative=1e-3, needs=WAVES,
)  # fmt: skip
def overshoot(data: Path) -> float:
    """Return what the venue took above what was needed."""
    return next(row.overshoot for row in allocations(read_waves(data / WAVES)) if row.rule == "production")
