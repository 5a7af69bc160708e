"""Parameters of the margin engine and of the keepers who serve it."""

from typing import Self

from pydantic import field_validator, model_validator

from model.scenario.bound import EXACT, MULTIPLE, SHARE, SPREAD, SUM, Bound, above, between, inside
from model.scenario.parameter import ByProtocol, Numbers, Section, parameter, side_by_side
from model.scenario.problem import one_of
from model.scenario.section.market import CALIBRATION

TIERS = "Bybit, Binance: value · rate − deduction; empty: the asset's one rate"
NOTIONAL = Bound(1, EXACT, "from a dollar to ten times the world's yearly output", or_infinite=True)
CLOSINGS = ("sale", "fund_first", "adl_first")
ENGINES = ("keepers", "venue")
type Schedule = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


class ExchangeSection(Section):
    """Margin, fees and liquidation rules of every exchange."""

    trading_fee: ByProtocol = parameter(
        5e-4,
        "1",
        "taker fee on traded notional",
        "public fee schedules: 2–7 bp",
        between(0, 0.1, "10 % of notional is beyond any schedule"),
    )
    fee_to_vault: ByProtocol = parameter(0.5, "1", "share of trading fees to the vault", "GMX, HLP-like vaults", SHARE)
    fee_to_fund: ByProtocol = parameter(
        0.1, "1", "share of trading fees to the backstop; the rest goes to the treasury", CALIBRATION, SHARE
    )
    liquidation_fee: ByProtocol = parameter(
        0.01,
        "1",
        "liquidation fee on liquidated notional",
        "0.5–1.5 % at large venues",
        between(0, 0.5, "half the notional is beyond any schedule"),
    )
    keeper_share: ByProtocol = parameter(
        0.005,
        "1",
        "part of that fee that is the keeper's bounty",
        "Perp v2: half to the liquidator",
        between(0, 0.5, "a part of the liquidation fee, which ends at 0.5"),
    )
    surcharge: ByProtocol = parameter(
        0.0,
        "1",
        "share of the margin left after a liquidation that is confiscated to the backstop",
        "0: returned to the trader (dYdX v4); 1: kept whole (Vega)",
        SHARE,
    )
    liquidation_rounds: int = parameter(
        20,
        "rounds",
        "most liquidation rounds within one step",
        "bounds the loop; rarely reached",
        between(1, 1_000, "at least one; bounds the loop"),
    )
    closing: str = parameter(
        "sale",
        "name",
        "how a failing position is closed: sale (whatever it fetches, the deficit goes down the waterfall), fund_first "
        "(sold down to its bankruptcy price, then the backstop takes over, then the loss regime), or adl_first "
        "(winners before the backstop)",
        "dYdX v4, BitMEX, Binance: fund_first; sale is what a keeper does who asks nobody",
    )
    engine: str = parameter(
        "keepers",
        "name",
        "who sells: keepers, within their capacity, or the venue by itself, at once and without a bounty",
        "MakerDAO, Perp v2: keepers; central venues, Hyperliquid, dYdX v4: their own engine",
    )
    tier_bound: Numbers = parameter(
        (), "USD", "greatest notional of each margin tier, of every asset; inf for the last: any", TIERS, NOTIONAL
    )
    tier_maintenance: Numbers = parameter(
        (),
        "1",
        "maintenance margin of each tier, as a fraction of what a position exceeds the tier below by",
        TIERS,
        inside(0, 1, "positions close before their margin is gone"),
    )
    tier_initial: Numbers = parameter(
        (),
        "1",
        "initial margin of each tier likewise: 1 / largest leverage",
        TIERS,
        above(0, 1, "1: no leverage"),
    )

    @field_validator("closing")
    @classmethod
    def _closing(cls, value: str) -> str:
        return one_of("closing", value, CLOSINGS)

    @field_validator("engine")
    @classmethod
    def _engine(cls, value: str) -> str:
        return one_of("engine", value, ENGINES)

    @property
    def tiers(self) -> Schedule:
        """Bounds of notional, USD, maintenance and initial rates of the margin tiers; empty where there are none."""
        return self.tier_bound, self.tier_maintenance, self.tier_initial

    @model_validator(mode="after")
    def _shares(self) -> Self:
        for bounty, fee in side_by_side(self.keeper_share, self.liquidation_fee):
            if bounty > fee:
                raise ValueError(f"keeper_share {bounty} exceeds liquidation_fee {fee}; allowed: up to it")
        for vault, fund in side_by_side(self.fee_to_vault, self.fee_to_fund):
            if vault + fund > 1:
                raise ValueError(f"fee_to_vault {vault} + fee_to_fund {fund} exceed 1; allowed: up to 1")
        return self


class KeeperSection(Section):
    """How many keepers there are and what each can do."""

    number: int = parameter(
        4,
        "keepers",
        "keepers serving all protocols",
        "modelling choice",
        between(0, 30_000, "0: none; the table of keepers counts in 16 bits"),
    )
    capacity: float = parameter(
        0.02,
        "1/min",
        "notional all keepers together can liquidate, as a fraction of a protocol's open interest",
        CALIBRATION,
        MULTIPLE,
    )
    cost_spread: float = parameter(
        0.5, "log", "spread of keepers' costs around the gas price", "modelling choice", SPREAD
    )
    cash: float = parameter(1e6, "USD", "cash of each keeper at the start", "modelling choice", SUM)
