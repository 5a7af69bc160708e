"""Parameters of the backstop: who holds the capital, by what rule it pays, and who pays when it runs out."""

from pydantic import field_validator

from model.scenario.bound import DELAY, MEMBER, MEMBERS, MULTIPLE, SHARE, SPAN, SUM, YEARLY, between, inside
from model.scenario.parameter import ByProtocol, Numbers, Section, parameter
from model.scenario.problem import one_of
from model.scenario.registry import REGIMES, SETTLEMENTS, STRUCTURES, TRIGGERS
from model.scenario.section.market import CALIBRATION

ALLOTMENTS = ("open_interest", "expected_loss", "expected_shortfall")
VAULT_COVERS = ("none", "backstop")
COVERS = ("together", "by_listing", "both")


class BackstopSection(Section):
    """Structure, capital and loss regime, compared at equal total capital."""

    structure: str = parameter("isolated", "name", "who holds the backstop capital", "design: structures")
    regime: str = parameter("socialized_loss", "name", "who pays the residual loss", "design: loss regimes")
    capital_ratio: ByProtocol = parameter(
        0.015,
        "1",
        "backstop capital as a fraction of open interest: in all, or of each if a list",
        CALIBRATION,
        between(0, 100, "0: none; 100 times open interest covers any loss"),
    )
    allotment: str = parameter(
        "open_interest", "name", "how the capital is allotted across members", "design: allotment"
    )
    expected_loss: Numbers = parameter(
        (),
        "USD",
        "expected loss of each protocol, for the allotment of that name",
        "estimated by a pilot of disjoint replications",
        SUM,
    )
    expected_shortfall: Numbers = parameter(
        (),
        "USD",
        "expected shortfall of each protocol's deficit, for the allotment of that name",
        "estimated by a pilot of disjoint replications",
        SUM,
    )
    shortfall_level: float = parameter(
        0.99,
        "1",
        "level of the expected shortfall the pilot estimates",
        "PFMI: at least 99 %",
        inside(0, 1, "a level of confidence"),
    )
    settlement: str = parameter(
        "pro_rata",
        "name",
        "how a pool too small for its claims divides itself",
        "dYdX v4, Nasdaq Clearing: pro rata",
    )
    trigger: str = parameter(
        "exhausted", "name", "when a deficit goes past the layers to the loss regime", "design: triggers"
    )
    vault_cover: str = parameter(
        "none",
        "name",
        "who stands for what a closed vault lost beyond its equity: none (the loss regime), or backstop (the layers)",
        "HLP, GLP, GM: nobody; Derive's security module and Drift's fund pay for their pool",
    )
    cover: str = parameter(
        "together",
        "name",
        "for whose losses an own fund pays: together (all its protocol's listings), by_listing (each has its own part "
        "of it, by open interest), or both (a part of each, then a common one)",
        "most venues: one fund for all contracts; Injective, Vega: one for each market",
    )
    common_share: float = parameter(
        0.5, "1", "part of an own fund that is common to all listings, for `both`", "modelling choice", SHARE
    )
    takeover_multiple: float = parameter(
        3.0,
        "1",
        "most notional of failing positions that the backstop takes over and holds, over its capital",
        "modelling choice: it decides between winners and fund (prototype)",
        MULTIPLE,
    )
    takeover_fall: float = parameter(
        0.3,
        "1",
        "fall of that capital from its start from which on it takes nothing over",
        "OKX, Bybit: 30 % before they deleverage",
        SHARE,
    )
    unloading: float = parameter(
        10.0,
        "min",
        "mean time that a position taken over is held before it is sold",
        "modelling choice",
        between(0.01, 10_080, "from 0.6 s to a week"),
    )
    trigger_drop: float = parameter(
        0.3, "1", "fall from its rolling peak that spares a fund, for `drawdown`", "OKX, Bybit: 30 %", SHARE
    )
    trigger_window: float = parameter(480.0, "min", "window of that peak", "OKX, Bybit: 8 hours", SPAN)
    pooled_share: float = parameter(0.5, "1", "share of every fund that `partial` pools", "modelling choice", SHARE)
    capped_share: float = parameter(1.0, "1", "share of every fund that `capped` pools", "Drift v2: one vault", SHARE)
    sublimit: Numbers = parameter(
        (0.25,),
        "1",
        "most the `capped` pool pays each protocol, over the pool at the start; the last is repeated",
        "Drift v2 limits markets by tier; the level is a modelling choice",
        MULTIPLE,
        min_length=1,
    )
    sublimit_window: float = parameter(
        0.0, "min", "window within which sub-limits count; 0: the whole run", "Drift v2: lifetime", DELAY
    )
    clusters: int = parameter(
        2, "pools", "number of pools of `clustered`, drawn by lot", "Bybit: pools of up to nine contracts", MEMBERS
    )
    cluster: tuple[int, ...] = parameter(
        (),
        "index",
        "pool of each protocol in `clustered`; the last is repeated; empty: by lot",
        "modelling choice",
        MEMBER,
    )
    ceded_share: float = parameter(
        0.5, "1", "share of every fund that `reinsured` cedes to the pool", CALIBRATION, SHARE
    )
    quota_share: float = parameter(
        0.0, "1", "share of every loss, from the first USD, that a quota-share treaty pays", "0: no such treaty", SHARE
    )
    retention: Numbers = parameter(
        (1.0,),
        "1",
        "gross loss above which each excess-of-loss layer pays, in own initial funds",
        "excess-of-loss treaty",
        MULTIPLE,
        min_length=1,
    )
    limit: Numbers = parameter(
        (1.0,),
        "1",
        "most each layer pays one member, as a fraction of the initial pool",
        CALIBRATION,
        MULTIPLE,
        min_length=1,
    )
    reinstatements: Numbers = parameter(
        (0.0,),
        "1",
        "times each layer is refilled once used up",
        "excess-of-loss treaty",
        between(0, 1e3, "0: none; a thousand are as good as no limit"),
        min_length=1,
    )
    reinstatement_premium: float = parameter(
        1.0, "1", "premium for refilling a whole limit, in yearly premiums", "pro rata as to amount", MULTIPLE
    )
    stop_loss_retention: float = parameter(
        1.0,
        "1",
        "loss net of other treaties before the stop-loss pays, in own initial funds",
        "stop-loss treaty",
        MULTIPLE,
    )
    stop_loss_limit: float = parameter(
        0.0, "1", "most the stop-loss pays one member, as a fraction of the initial pool", "0: no such treaty", MULTIPLE
    )
    assessment: float = parameter(
        2.0, "1", "capital a `mutual` member keeps on call, in contributions paid in", "LCH: up to 200 %", MULTIPLE
    )
    premium_rate: float = parameter(
        0.005,
        "1/year",
        "premium paid by each fund to the pool, on open interest",
        "rate on line of catastrophe covers, scaled",
        YEARLY,
    )

    @field_validator("structure")
    @classmethod
    def _structure(cls, value: str) -> str:
        return one_of("structure", value, STRUCTURES)

    @field_validator("regime")
    @classmethod
    def _regime(cls, value: str) -> str:
        return one_of("regime", value, REGIMES)

    @field_validator("settlement")
    @classmethod
    def _settlement(cls, value: str) -> str:
        return one_of("settlement", value, SETTLEMENTS)

    @field_validator("trigger")
    @classmethod
    def _trigger(cls, value: str) -> str:
        return one_of("trigger", value, TRIGGERS)

    @field_validator("vault_cover")
    @classmethod
    def _vault_cover(cls, value: str) -> str:
        return one_of("vault_cover", value, VAULT_COVERS)

    @field_validator("cover")
    @classmethod
    def _cover(cls, value: str) -> str:
        return one_of("cover", value, COVERS)

    @field_validator("allotment")
    @classmethod
    def _allotment(cls, value: str) -> str:
        return one_of("allotment", value, ALLOTMENTS)
