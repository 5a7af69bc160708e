"""Parameters of the backstop: who holds the capital, by what rule it pays, and who pays when it runs out."""

from typing import Self

from pydantic import field_validator, model_validator

from agents.loss_regime import REGIMES
from agents.settlement import SETTLEMENTS
from agents.structure import STRUCTURES
from model.parameter import Section, parameter
from model.scenario.market import CALIBRATION
from model.scenario.problem import one_of

ALLOTMENTS = ("open_interest", "expected_loss")


class BackstopSection(Section):
    """Structure, capital and loss regime, compared at equal total capital."""

    structure: str = parameter("isolated", "name", "who holds the backstop capital", "design: structures")
    regime: str = parameter("socialized_loss", "name", "who pays the residual loss", "design: loss regimes")
    capital_ratio: float = parameter(
        0.015, "1", "total backstop capital as a fraction of total open interest", CALIBRATION, ge=0
    )
    allotment: str = parameter(
        "open_interest", "name", "how the capital is allotted across members", "design: allotment"
    )
    expected_loss: tuple[float, ...] = parameter(
        (),
        "USD",
        "expected loss of each protocol, for the allotment of that name",
        "estimated by a pilot of disjoint replications",
    )
    settlement: str = parameter(
        "pro_rata",
        "name",
        "how a pot too small for its claims divides itself",
        "dYdX v4, Nasdaq Clearing: pro rata",
    )
    pooled_share: float = parameter(
        0.5, "1", "share of every fund that `partial` pools", "modelling choice", ge=0, le=1
    )
    ceded_share: float = parameter(
        0.5, "1", "share of every fund that `reinsured` cedes to the pool", CALIBRATION, ge=0, le=1
    )
    retention: float = parameter(
        1.0,
        "1",
        "loss a member bears before the treaty pays, in own initial funds",
        "excess-of-loss treaty",
        ge=0,
    )
    limit: float = parameter(
        1.0, "1", "most the treaty pays one member, as a fraction of the initial pool", CALIBRATION, ge=0
    )
    premium_rate: float = parameter(
        0.005,
        "1/year",
        "premium paid by each fund to the pool, on open interest",
        "rate on line of catastrophe covers, scaled",
        ge=0,
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

    @field_validator("allotment")
    @classmethod
    def _allotment(cls, value: str) -> str:
        return one_of("allotment", value, ALLOTMENTS)

    @model_validator(mode="after")
    def _losses(self) -> Self:
        if any(loss < 0 for loss in self.expected_loss):
            raise ValueError("expected_loss has a negative value; allowed: 0 or more")
        return self
