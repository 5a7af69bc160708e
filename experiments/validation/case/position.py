"""Topics about positions: liquidation of a hedge, a position bankrupt by an attack, a fund held in what it backs."""

import math

import numpy as np

from agents.account.margin_tier import maintenance_rate, make_tiers
from agents.account.position import bankruptcy_price, liquidation_price
from agents.core.column import bare
from agents.exchange.control.order_limit import skew_cap
from agents.exchange.insurance_fund import fund_delta
from agents.protocol.fund_asset import revaluation
from experiments.validation.case.kind import above_zero, amounts, from_zero, named, number, text, within_unit
from experiments.validation.case.registry import Found, Given, topic


@topic(
    "margin_tiers", ("maintenance",),
    {"position": above_zero, "table": text, "tables": named({"limit": amounts, "mm_percent": amounts})},
)  # fmt: skip
def tiered_margin(given: Given) -> Found:
    """Of a position of that value, USD, by the table of that name: upper bounds, USD, and rates, %."""
    table = given["tables"].get(given["table"])
    if table is None:
        raise ValueError(f"table: {given['table']!r}: allowed: {', '.join(given['tables'])}")
    if not 0 < len(table["limit"]) == len(table["mm_percent"]):
        raise ValueError(f"tables.{given['table']}: as many limits as rates are needed")
    rates, position = [percent / 100.0 for percent in table["mm_percent"]], given["position"]
    tiers = bare(make_tiers(table["limit"], rates, rates))
    return {"maintenance": position * maintenance_rate(rates[0], position, tiers)}


@topic("delta_neutral_fund", ("short_bankruptcy_price",), {"entry": above_zero, "leverage": above_zero})
def bankrupt_hedge(given: Given) -> Found:
    """Of a short of one contract."""
    return {"short_bankruptcy_price": bankruptcy_price(given["entry"], -1.0, given["entry"] / given["leverage"])}


@topic(
    "delta_neutral_fund", ("short_liquidation_price",),
    {"entry": above_zero, "leverage": above_zero, "maintenance": within_unit},
)  # fmt: skip
def liquidated_hedge(given: Given) -> Found:
    """Of a short of one contract."""
    entry = given["entry"]
    return {"short_liquidation_price": liquidation_price(entry, -1.0, entry / given["leverage"], given["maintenance"])}


@topic(
    "self_dealing_drain", ("deficit",), {"Q": above_zero, "leverage": above_zero, "x": number},
    tells=("depth", "kappa_times_t", "fee", "payable"),
)  # fmt: skip
def drained(given: Given) -> Found:
    """Ask the fund for what a short of `Q` at a price of 1 lacks when it is bought back after the log move `x`."""
    contracts = given["Q"]
    bankrupt = bankruptcy_price(1.0, -contracts, contracts / given["leverage"])
    return {"deficit": max(-fund_delta(-contracts * math.exp(given["x"]), -contracts * bankrupt, 0.0), 0.0)}


@topic("open_interest_cap", ("cap_at_30_percent",), {"vault": above_zero, "move": above_zero}, tells=("skew",))
def capped_by_vault(given: Given) -> Found:
    """Of the capital `vault` and the worst move of the price, as a fraction."""
    return {"cap_at_30_percent": skew_cap(0.3, given["vault"], given["move"])}


@topic("episode_arithmetic", ("bankruptcy_price_of_1x_short",), {"from": above_zero}, tells=("to",))
def unlevered_short(given: Given) -> Found:
    """Entered at the price `from`."""
    return {"bankruptcy_price_of_1x_short": bankruptcy_price(given["from"], -1.0, given["from"])}


@topic("synthetic_dollar_run", ("spendable",), {"fund_held_in_the_dollar": from_zero, "venue_price": above_zero})
def spendable(given: Given) -> Found:
    """Hold the fund wholly in what is worth `venue_price` and was worth 1."""
    held, worth = np.array(given["fund_held_in_the_dollar"]), np.array(given["venue_price"])
    return {"spendable": held + revaluation(held, 1.0, np.ones(()), worth)}
