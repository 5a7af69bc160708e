"""Parameters of the leveraged accounts: how many, how large, how levered, how they behave."""

from model.parameter import Section, parameter
from model.scenario.market import CALIBRATION

RECORD = "auto-deleveraging record of 10 October 2025 (leverage of accounts hit)"


class TraderSection(Section):
    """The population of each protocol and its habits."""

    number: int = parameter(1_000, "accounts", "traders per protocol", "throw-away prototype", ge=0)
    reserve: int = parameter(
        8, "accounts", "free slots per protocol for accounts opened during a run", "modelling choice", ge=0
    )
    size_tail: float = parameter(
        1.15,
        "1",
        "Pareto index of account notional",
        "record of 10 October 2025: Hill 0.75–0.87, capped",
        gt=0,
    )
    size_cap: float = parameter(
        0.03,
        "1",
        "largest account as a fraction of one-sided open interest",
        "venue position limits",
        gt=0,
        le=1,
    )
    long_share: float = parameter(
        0.7,
        "1",
        "share of accounts that are long; notional is balanced",
        "retail long bias on public venues",
        ge=0,
        le=1,
    )
    long_leverage: float = parameter(3.5, "1", "median leverage of longs", CALIBRATION, gt=0)
    short_leverage: float = parameter(1.0, "1", "median leverage of shorts", RECORD, gt=0)
    leverage_spread: float = parameter(0.9, "log", "standard deviation of log leverage", RECORD, ge=0)
    large_account: float = parameter(
        0.005,
        "1",
        "fraction of open interest above which leverage falls as size^-1/2",
        "venue margin tiers",
        gt=0,
    )
    entry_spread: float = parameter(
        1.0, "1", "spread of entry prices, in daily standard deviations", "modelling choice", ge=0
    )
    seasoning: float = parameter(
        1.0,
        "1",
        "least distance to liquidation at the start, in daily standard deviations",
        CALIBRATION,
        ge=0,
    )
    wallet_ratio: float = parameter(
        0.5,
        "1",
        "mean money a trader keeps outside, as a multiple of equity",
        "modelling choice",
        ge=0,
        allow_inf_nan=False,
    )
    attention: float = parameter(
        0.02, "1/min", "probability that a trader looks at the account, calm", CALIBRATION, ge=0, le=1
    )
    alert_attention: float = parameter(
        0.074,
        "1/min",
        "the same in full stress: median reaction 9 minutes",
        "re-entry latencies recorded on 10 October 2025",
        ge=0,
        le=1,
    )
    turnover: float = parameter(
        0.055,
        "1",
        "probability that a look ends in a trade",
        "simulated moments of hourly BTC and ETH, 2020-24 (`backstop calibrate --whole`)",
        ge=0,
        le=1,
    )
    noise: float = parameter(0.60, "1", "share of noise traders", CALIBRATION, ge=0)
    trend: float = parameter(0.10, "1", "share of trend followers", CALIBRATION, ge=0)
    fundamentalist: float = parameter(0.10, "1", "share of fundamentalists", CALIBRATION, ge=0)
    carry: float = parameter(0.10, "1", "share of funding-rate carry traders", CALIBRATION, ge=0)
    hedger: float = parameter(0.10, "1", "share of hedgers", CALIBRATION, ge=0)
    tilt: float = parameter(
        0.5, "1", "largest deviation from the base position, as a fraction of it", CALIBRATION, ge=0
    )
    trend_scale: float = parameter(
        0.02, "log", "running return at which trend followers tilt by tanh 1", "Chiarella, He (2002)", gt=0
    )
    value_scale: float = parameter(
        0.02, "log", "dislocation at which fundamentalists tilt by tanh 1", "Chiarella, He (2002)", gt=0
    )
    carry_scale: float = parameter(
        5e-4, "1 per 8 h", "funding rate at which carry traders tilt by tanh 1", "funding clamp", gt=0
    )
    participation: float = parameter(
        0.002, "log", "largest displacement one order may aim at", "orders are sliced", gt=0
    )
    stop_buffer: float = parameter(
        1.5,
        "1",
        "margin ratio, in maintenance margins, below which an attentive trader acts",
        CALIBRATION,
        ge=0,
    )
    stop_share: float = parameter(0.5, "1", "share of traders who then stop out", CALIBRATION, ge=0, le=1)
    top_up_share: float = parameter(
        0.3, "1", "share of traders who then add margin from the wallet", CALIBRATION, ge=0, le=1
    )
    haircut_reaction: float = parameter(
        0.5,
        "1",
        "fall of leverage appetite per fraction of equity lost to a haircut",
        "modelling choice; 0 switches it off",
        ge=0,
        le=1,
    )
