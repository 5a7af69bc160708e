"""Topics about capital: layers of reinsurance, the waterfall of a clearing house, measures of risk."""

import re
import warnings
from typing import Any

import numpy as np
from scipy.integrate import IntegrationWarning
from scipy.stats import expon, lognorm, lomax

from agents.reinsurer.treaty import excess_of_loss
from experiments.validation.capital import layer_loss
from experiments.validation.case.kind import Value, above_zero, from_zero, numbers
from experiments.validation.case.registry import Found, Given, topic
from model.backstop.default_fund import waterfall
from model.measure.risk import expected_shortfall, value_at_risk

LAWS: dict[str, Any] = {
    "lognormal": lambda mean, sd: lognorm(sd, scale=np.exp(mean)),
    "lomax": lambda exponent, scale: lomax(exponent, scale=scale),
    "exp": lambda rate: expon(scale=1.0 / rate),
}
FORMS = "lognormal(mean,sd), lomax(exponent,scale), exp(rate)"


def law(value: Value) -> Value:
    """Return the law of a loss that is written as one of ``FORMS``."""
    match = re.fullmatch(r"(\w+)\(([^()]*)\)", value) if isinstance(value, str) else None
    try:
        found = LAWS[match[1]](*map(float, match[2].split(","))) if match else None
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        found = None
    if found is None or not np.isfinite(found.cdf(1.0)):
        raise ValueError(f"allowed: {FORMS}")
    return found


@topic("layers", ("expected",), {"dist": law, "attachment": from_zero, "limit": above_zero})
def expected_payment(given: Given) -> Found:
    """Integrate the payment of the layer over the law of the loss; nothing where that is not accurate."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", IntegrationWarning)
        try:
            return {"expected": layer_loss(given["dist"], given["attachment"], given["limit"])}
        except IntegrationWarning:
            return {}


@topic("layers", ("paid",), {"loss": numbers, "attachment": from_zero, "limit": from_zero})
def payment(given: Given) -> Found:
    """Of one loss each."""
    return {"paid": excess_of_loss(given["loss"], given["attachment"], given["limit"])}


HOUSE = ("own_capital_pays", "members_pay", "members_lose_percent", "fund_left")


@topic("ccp_waterfall", HOUSE, {"loss": from_zero, "own_capital": from_zero, "default_fund": above_zero})
def house(given: Given) -> Found:
    """Let the house and then the members pay a loss beyond the defaulter's own resources."""
    fund = given["default_fund"]
    own, members = waterfall(given["loss"], np.array([given["own_capital"], fund]))
    return dict(zip(HOUSE, (own, members, 100.0 * members / fund, fund - members), strict=True))


@topic("risk_measures", ("var", "es"), {"losses": numbers, "level": above_zero})
def measured(given: Given) -> Found:
    """Of losses that were observed, equally likely."""
    losses, level = given["losses"], given["level"]
    return {"var": value_at_risk(losses, level), "es": expected_shortfall(losses, level)}
