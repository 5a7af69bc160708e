"""Parameters of funds and pools: target size, contributions, what they are held in and how much is lent out."""

from typing import Self

from pydantic import field_validator, model_validator

from model.scenario.bound import DELAY, MULTIPLE, PART, RATE, SHARE, SUM, YEARLY
from model.scenario.parameter import Numbers, Section, parameter
from model.scenario.problem import one_of

TIER_BY = ("open_interest", "risk")


class FundSection(Section):
    """Income and assets of the backstop next to fees; all off by default."""

    target_ratio: float = parameter(
        0.0,
        "1",
        "target size over the size at the start; income above it goes to the treasury; 0: no target",
        "modelling choice",
        MULTIPLE,
    )
    replenishment: float = parameter(
        0.0,
        "1/min",
        "fraction of the gap to the target taken from the treasury",
        "Nasdaq Clearing 2018: restored in full within about a week",
        RATE,
    )
    contribution_rate: Numbers = parameter(
        (0.0,),
        "1/year",
        "contribution from the treasury on open interest, by tier; the last is repeated",
        "clearing houses' default funds",
        YEARLY,
        min_length=1,
    )
    tier_by: str = parameter(
        "open_interest", "name", "what makes the tier: `open_interest`, or `risk`, daily volatility", "modelling choice"
    )
    tier_bounds: Numbers = parameter(
        (), "USD or log/sqrt(day)", "where the next tier begins, ascending; empty: one tier", "modelling choice", SUM
    )
    base_share: float = parameter(
        0.0,
        "1",
        "share of the fund's cash held in the protocol's base asset",
        "0: stable currency; 1: BitMEX, Deribit 2020",
        SHARE,
    )
    lent_share: float = parameter(0.0, "1", "share of the fund lent out for yield", "0: all at hand", PART)
    yield_rate: float = parameter(0.04, "1/year", "yield on what is lent out", "US Treasury bills, 2025", YEARLY)
    recall_delay: float = parameter(
        60.0, "min", "time until recalled money arrives", "minutes on chain to days for term loans", DELAY
    )
    recall_haircut: float = parameter(
        0.0, "1", "part of recalled money lost by selling in a hurry", "USDC 11 March 2023: up to 0.12", PART
    )

    @field_validator("tier_by")
    @classmethod
    def _tier_by(cls, value: str) -> str:
        return one_of("tier_by", value, TIER_BY)

    @model_validator(mode="after")
    def _tiers(self) -> Self:
        if list(self.tier_bounds) != sorted(set(self.tier_bounds)):
            raise ValueError(f"tier_bounds {self.tier_bounds}: allowed: ascending values")
        return self
