"""Parameters of the leveraged accounts: how many, how large, how levered, how they behave."""

from model.scenario.bound import COUNT, DELAY, MULTIPLE, PROBABILITY, RATE, SHARE, SOME, SPREAD, VENUES, WEIGHT, between
from model.scenario.parameter import ByProtocol, CountByProtocol, Section, parameter
from model.scenario.section.market import CALIBRATION

RECORD = "auto-deleveraging record of 10 October 2025 (leverage of accounts hit)"


class TraderSection(Section):
    """The population of each protocol and its habits."""

    number: CountByProtocol = parameter(
        1_000,
        "accounts",
        "traders of each protocol, divided equally among its listings; or of each listing",
        "throw-away prototype",
        COUNT,
    )
    accounts: str = parameter(
        "", "path", "file of accounts, CSV or Parquet, in place of a drawn population; empty: drawn", "the user"
    )
    reserve: int = parameter(
        8, "accounts", "free slots per protocol for accounts opened during a run", "modelling choice", COUNT
    )
    size_tail: float = parameter(
        1.15,
        "1",
        "Pareto index of account notional",
        "record of 10 October 2025: Hill 0.75–0.87, capped",
        between(0.25, 100, "below one account holds all, and squared sizes overflow; from 100 on all are alike"),
    )
    size_cap: float = parameter(
        0.03, "1", "largest account as a fraction of one-sided open interest", "venue position limits", SOME
    )
    long_share: float = parameter(
        0.7, "1", "share of accounts that are long; notional is balanced", "retail long bias on public venues", SHARE
    )
    long_leverage: ByProtocol = parameter(
        3.5,
        "1",
        "median leverage of longs",
        CALIBRATION,
        between(0.05, 2_000, "the population's least; no venue grants more than about 1,000"),
    )
    short_leverage: ByProtocol = parameter(
        1.0,
        "1",
        "median leverage of shorts",
        RECORD,
        between(0.05, 2_000, "the population's least; no venue grants more than about 1,000"),
    )
    leverage_spread: float = parameter(0.9, "log", "standard deviation of log leverage", RECORD, SPREAD)
    large_account: float = parameter(
        0.005, "1", "fraction of open interest above which leverage falls as size^-1/2", "venue margin tiers", SOME
    )
    entry_spread: float = parameter(
        1.0,
        "1",
        "spread of entry prices, in daily standard deviations",
        "modelling choice",
        between(0, 10, "0: all entered at the first price; ten daily moves away is weeks ago"),
    )
    seasoning: float = parameter(
        1.0,
        "1",
        "least distance to liquidation at the start, in daily standard deviations",
        CALIBRATION,
        between(0, 20, "0: an unseasoned book; 20 daily moves leave no leverage"),
    )
    wallet_ratio: float = parameter(
        0.5, "1", "mean money a trader keeps outside, as a multiple of equity", "modelling choice", MULTIPLE
    )
    attention: float = parameter(
        0.02, "1/min", "probability that a trader looks at the account, calm", CALIBRATION, RATE
    )
    alert_attention: float = parameter(
        0.074,
        "1/min",
        "the same in full stress: median reaction 9 minutes",
        "re-entry latencies recorded on 10 October 2025",
        RATE,
    )
    turnover: float = parameter(
        0.055,
        "1",
        "probability that a look ends in a trade",
        "simulated moments of hourly BTC and ETH, 2020-24 (`backstop calibrate --whole`)",
        PROBABILITY,
    )
    noise: float = parameter(0.60, "1", "share of noise traders", CALIBRATION, WEIGHT)
    trend: float = parameter(0.10, "1", "share of trend followers", CALIBRATION, WEIGHT)
    fundamentalist: float = parameter(0.10, "1", "share of fundamentalists", CALIBRATION, WEIGHT)
    carry: float = parameter(0.10, "1", "share of funding-rate carry traders", CALIBRATION, WEIGHT)
    hedger: float = parameter(0.10, "1", "share of hedgers", CALIBRATION, WEIGHT)
    tilt: float = parameter(
        0.5,
        "1",
        "largest deviation from the base position, as a fraction of it",
        CALIBRATION,
        between(0, 10, "0: none tilts; ten times the base position is beyond any margin"),
    )
    trend_scale: float = parameter(
        0.02,
        "log",
        "running return at which trend followers tilt by tanh 1",
        "Chiarella, He (2002)",
        between(1e-6, 10, "a hundredth of a basis point to a factor no price moves by"),
    )
    value_scale: float = parameter(
        0.02,
        "log",
        "dislocation at which fundamentalists tilt by tanh 1",
        "Chiarella, He (2002)",
        between(1e-6, 10, "a hundredth of a basis point to a factor no price moves by"),
    )
    carry_scale: float = parameter(
        5e-4,
        "1 per 8 h",
        "funding rate at which carry traders tilt by tanh 1",
        "funding clamp",
        between(1e-9, 1, "from any rate at all to the whole notional in eight hours"),
    )
    participation: float = parameter(
        0.002,
        "log",
        "largest displacement one order may aim at",
        "orders are sliced",
        between(1e-6, 1, "a hundredth of a basis point to a factor e"),
    )
    stop_buffer: float = parameter(
        1.5,
        "1",
        "margin ratio, in maintenance margins, below which an attentive trader acts",
        CALIBRATION,
        between(0, 100, "0: nobody acts; beyond 100 all act at once"),
    )
    stop_share: float = parameter(0.5, "1", "share of traders who then stop out", CALIBRATION, SHARE)
    top_up_share: float = parameter(
        0.3, "1", "share of traders who then add margin from the wallet", CALIBRATION, SHARE
    )
    cross_share: float = parameter(
        0.0,
        "1",
        "share of owners whose positions at all listings of their protocol share one margin; the rest are isolated",
        "modelling choice; 0: all isolated",
        SHARE,
    )
    same_side: float = parameter(
        1.0,
        "1",
        "share of owners with cross margin who are on one side at all their listings; the others' sides are drawn each",
        "modelling choice; 1: nobody is hedged across assets, and cross margin helps least",
        SHARE,
    )
    venues_share: float = parameter(
        0.0,
        "1",
        "share of accounts whose owner has others at other protocols, and meets a call at one from the others",
        "modelling choice; 0: every account has an owner of its own",
        SHARE,
    )
    venues: int = parameter(
        2, "protocols", "number of protocols at which such an owner has accounts", "modelling choice", VENUES
    )
    margin_left: float = parameter(
        1.0,
        "1",
        "margin that stays at an account from which its owner withdraws, in initial margins",
        "withdrawal rules of public venues: what exceeds the initial margin",
        between(1, 100, "1: as far as venues allow; at 100 nothing can be withdrawn"),
    )
    close_elsewhere: float = parameter(
        1.0,
        "1",
        "largest part of a position that an owner closes at once to meet a call at another protocol; 0: closes nothing",
        "modelling choice",
        SHARE,
    )
    transfer_delay: float = parameter(
        10.0, "min", "time between a withdrawal at one protocol and its arrival at another", "modelling choice", DELAY
    )
    haircut_reaction: float = parameter(
        0.5,
        "1",
        "fall of leverage appetite per fraction of equity lost to a haircut",
        "modelling choice; 0 switches it off",
        SHARE,
    )
