"""Parameters of the loss regimes: how each places the residual, and what stands behind it."""

from pydantic import field_validator

from model.scenario.bound import SOME, SPAN
from model.scenario.parameter import Section, parameter
from model.scenario.problem import one_of
from model.scenario.registry import CLOSE_PRICES, RANKINGS, REGIMES


class LossSection(Section):
    """How a loss regime goes about it; each reads the parameters it needs."""

    fallback: str = parameter(
        "bad_debt", "name", "regime to which the first passes on what it cannot collect", "modelling choice"
    )
    ranking: str = parameter(
        "bitmex", "name", "order or proportion in which `adl` closes winners", "BitMEX, auto-deleveraging"
    )
    close_price: str = parameter(
        "bankruptcy",
        "name",
        "price at which `adl` closes: bankruptcy (of the failed side), mark (the residual goes to the fallback) or "
        "previous_mark (of the step before)",
        "BitMEX, dYdX v4: bankruptcy; OKX: mark; Hyperliquid: previous_mark",
    )
    window: float = parameter(
        480.0,
        "min",
        "settlement window of `clawback`, `variation_margin_haircut` and `tear_up`",
        "eight hours, the funding interval; OKEx settled weekly in 2018",
        SPAN,
    )
    tear_up: float = parameter(
        0.5,
        "1",
        "largest fraction of a position that `tear_up` closes; 1 is the full tear-up, at the last settlement price",
        "modelling choice",
        SOME,
    )

    @field_validator("fallback")
    @classmethod
    def _fallback(cls, value: str) -> str:
        return one_of("fallback", value, REGIMES)

    @field_validator("ranking")
    @classmethod
    def _ranking(cls, value: str) -> str:
        return one_of("ranking", value, RANKINGS)

    @field_validator("close_price")
    @classmethod
    def _close_price(cls, value: str) -> str:
        return one_of("close_price", value, CLOSE_PRICES)
