"""Parameters of the dynamic risk controls, all off by default: terms, caps, halts, partial liquidation, takeover."""

from pydantic import field_validator

from model.scenario.bound import DELAY, SHARE, SOME, STRENGTH, SUM, above, between, inside
from model.scenario.parameter import Numbers, Section, parameter
from model.scenario.problem import one_of

TIGHTENING = "modelling choice; dYdX v4 raises margins with open interest"
LEVERAGE = "modelling choice; Hyperliquid lowered leverage caps in March 2025"
CAPS = "dYdX v4 liquidity tiers; GMX after September 2022; Mars: caps by vault"
BREAKER = "modelling choice; CME dynamic circuit breakers"


CLOSING_ORDERS = ("largest", "worst", "listed")


class ControlSection(Section):
    """What venues tighten, halt or take over before a loss reaches the fund."""

    fee_health: float = parameter(
        0.0, "1", "rise of the liquidation fee as the fund empties, as a fraction of it", TIGHTENING, STRENGTH
    )
    fee_volatility: float = parameter(
        0.0, "1", "rise of the liquidation fee per (v / v0 − 1)+, v running volatility", TIGHTENING, STRENGTH
    )
    fee_bound: float = parameter(
        0.05,
        "1",
        "largest liquidation fee to which it rises",
        "modelling choice",
        above(0, 0.5, "half the notional is beyond any schedule"),
    )
    margin_health: float = parameter(
        0.0, "1", "rise of the margin requirement as the fund empties, as a fraction of it", TIGHTENING, STRENGTH
    )
    margin_volatility: float = parameter(
        0.0, "1", "rise of the margin requirement per (v / v0 − 1)+", TIGHTENING, STRENGTH
    )
    margin_bound: float = parameter(
        0.5,
        "1",
        "largest initial margin to which it rises",
        "modelling choice: a leverage of 2",
        inside(0, 1, "at 1 there is no leverage"),
    )
    maintenance_follows: bool = parameter(
        False,
        "flag",
        "whether open positions feel it: maintenance margin rises with the margin requirement",
        "modelling choice: raising it liquidates",
    )
    leverage_health: float = parameter(
        0.0, "1", "the leverage cap is divided by 1 + this × (1 − h)+, h fund health", LEVERAGE, STRENGTH
    )
    leverage_volatility: float = parameter(
        0.0, "1", "the leverage cap is divided by 1 + this × (v / v0 − 1)+", LEVERAGE, STRENGTH
    )
    interest_cap: float = parameter(
        0.0,
        "1",
        "open-interest cap of a side, as a multiple of the initial one; 0: none",
        CAPS,
        between(0, 1e6, "0: none; a million times the first is no cap"),
    )
    vault_risk: float = parameter(
        0.0,
        "1",
        "most that `worst_move` at full skew may cost the vault, over its capital at the start, by a cap on open "
        "interest of each side; 0: no cap",
        "Mars: 0.3",
        SHARE,
    )
    worst_move: Numbers = parameter(
        (0.3,),
        "1",
        "worst move of the price within six hours that this cap is for, by listing; the last is repeated",
        "modelling choice; 10 October 2025: 0.17 of BTC and more of all others",
        above(0, 100, "no move would be no cap; a price may rise to many times itself"),
        min_length=1,
    )
    interest_cap_health: float = parameter(
        0.0, "1", "the open-interest cap is divided by 1 + this × (1 − h)+", CAPS, STRENGTH
    )
    interest_cap_volatility: float = parameter(
        0.0, "1", "the open-interest cap is divided by 1 + this × (v / v0 − 1)+", CAPS, STRENGTH
    )
    breaker_move: float = parameter(
        0.0,
        "log",
        "price move within the window that halts an asset; 0: none",
        BREAKER,
        between(0, 20, "0: none; 20 is a factor no price moves by"),
    )
    breaker_window: float = parameter(
        60.0, "min", "window of that move", "CME: rolling 60 minutes", between(0.01, 10_080, "from 0.6 s to a week")
    )
    breaker_halt: float = parameter(
        2.0, "min", "length of a halt", "CME: two minutes", between(0.01, 10_080, "from 0.6 s to a week")
    )
    breaker_liquidations: bool = parameter(
        False, "flag", "whether liquidations are suspended too while an asset is halted", BREAKER
    )
    partial_fraction: float = parameter(
        1.0, "1", "part of a large position liquidated in a round; 1: all", "Hyperliquid: 0.2", SOME
    )
    partial_above: float = parameter(
        100_000.0, "USD", "notional above which a position is liquidated in parts", "Hyperliquid", SUM
    )
    partial_cooldown: float = parameter(
        0.5, "min", "time after a part in which the rest goes whole", "Hyperliquid: 30 s", DELAY
    )
    partial_by_tier: bool = parameter(
        False,
        "flag",
        "whether a position is first reduced to the margin tier below its own, tier by tier",
        "Bybit, Binance: laddered liquidation",
    )
    closing_order: str = parameter(
        "largest",
        "name",
        "which position of a failing cross account is closed first: largest, worst (loss), or as listed",
        "modelling choice; OKX, Binance: positions one after the other until the account is healthy again",
    )
    takeover: float = parameter(
        0.0,
        "1",
        "fraction of maintenance margin below which the vault takes a position over; 0: never",
        "Hyperliquid: 2/3",
        SHARE,
    )
    takeover_cap: float = parameter(
        0.0,
        "1",
        "most notional that the vault takes over and keeps, over its capital at the start; the rest goes to winners at "
        "the mark, by `loss.ranking`; 0: no cap",
        "Hyperliquid after March 2025: a small percentage of the vault; the level is a modelling choice",
        between(0, 1e6, "0: none; a million times the vault is no cap"),
    )

    @field_validator("closing_order")
    @classmethod
    def _closing_order(cls, value: str) -> str:
        return one_of("closing_order", value, CLOSING_ORDERS)
