"""Topics about rules that venues publish: liquidation prices, funds, funding, pools, impact."""

from agents.account.position import bankruptcy_price, liquidation_price
from agents.exchange.exchange import funding_rate
from agents.exchange.insurance_fund import fund_delta
from experiments.validation.case.kind import Kind, Value, above_zero, from_zero, number, within_unit
from experiments.validation.case.registry import Found, Given, topic
from experiments.validation.venue import pool_output
from model.market.impact import square_root_law

INTEREST, CLAMP = 0.01, 0.05  # %, as BitMEX and Binance publish them
FEE = 0.003  # of Uniswap v2
HALF = "half of initial at max leverage"
PRICED = ("kind",)


@topic("liquidation_prices", ("bankruptcy",), {"entry": above_zero, "leverage": above_zero}, tells=PRICED)
def long_bankruptcy(given: Given) -> Found:
    """Of a long."""
    return {"bankruptcy": bankruptcy_price(given["entry"], 1.0, given["entry"] / given["leverage"])}


def maintenance(value: Value) -> Value:
    """Return a fraction of notional, or the words for half of the initial margin at the most leverage."""
    return value if value == HALF else within_unit(value)


SIZED: dict[str, Kind] = {
    "entry": above_zero, "size": number, "margin_available": from_zero, "max_leverage": above_zero,
}  # fmt: skip


@topic("liquidation_prices", ("liquidation",), SIZED, {"maintenance": maintenance}, PRICED)
def liquidated_at(given: Given) -> Found:
    """Maintenance margin is half of the initial one at the most leverage unless it is given; a short has a size < 0."""
    stated = given.get("maintenance", HALF)
    margin = 0.5 / given["max_leverage"] if stated == HALF else stated
    return {"liquidation": liquidation_price(given["entry"], given["size"], given["margin_available"], margin)}


@topic(
    "insurance_fund_delta", ("delta",), {"fill": number, "bankruptcy": number, "max_fee": from_zero},
    {"surcharge": within_unit},
)  # fmt: skip
def fund_change(given: Given) -> Found:
    """Of one liquidation, by the values of fill and bankruptcy."""
    return {"delta": fund_delta(given["fill"], given["bankruptcy"], given["max_fee"], given.get("surcharge", 0.0))}


@topic("funding_rate", ("F",), {"P": number}, {"I": number, "clamp": from_zero})
def rate(given: Given) -> Found:
    """In %, interest and clamp as most venues have them unless given."""
    return {"F": funding_rate(given["P"], given.get("I", INTEREST), given.get("clamp", CLAMP))}


@topic("constant_product", ("out",), {"dx": above_zero, "x": above_zero, "y": above_zero}, {"fee": within_unit})
def paid_out(given: Given) -> Found:
    """Of a pool of `x` and `y` for `dx`, by the model's price impact."""
    return {"out": pool_output(given["dx"], given["x"], given["y"], given.get("fee", FEE))}


@topic("impact", ("impact",), {"Y": from_zero, "sigma": from_zero, "Q_over_V": from_zero})
def moved(given: Given) -> Found:
    """Log price."""
    return {"impact": square_root_law(given["Y"], given["sigma"], given["Q_over_V"])}
