"""Values that a run never uses: items beyond the length that a list needs, times beyond the end.

Neither is wrong: a list may serve several sizes of ecosystem, and money that is recalled too late for a run is a case
worth a study. But it may be a mistake, so a notice says so before the run.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from model.scenario.bound import number
from model.scenario.check.joint import run_minutes
from model.scenario.extent import asset_names, listing_counts

if TYPE_CHECKING:
    from model.scenario import Scenario

PER_PROTOCOL = (
    *("protocol.listings", "protocol.name", "protocol.fund", "protocol.treasury", "protocol.treasury_ratio"),
    *("protocol.skin", "protocol.skin_in_the_game", "backstop.capital_ratio", "backstop.sublimit", "backstop.cluster"),
)
PER_LISTING = (
    *("protocol.open_interest", "protocol.vault", "protocol.vault_ratio", "control.worst_move"),
    *("exchange.trading_fee", "exchange.fee_to_vault", "exchange.fee_to_fund", "exchange.liquidation_fee"),
    *("exchange.keeper_share", "exchange.surcharge", "trader.long_leverage", "trader.short_leverage", "trader.number"),
)
PER_ASSET = (
    *("daily_volatility", "correlation", "correlation_matrix", "factor_loading", "depth_per_oi", "half_spread_bp"),
    "maximal_leverage",
)
PER_ASSET_OF_MARKET = ("market.latent", "market.depth_interest")
# Times after which something happens that is then too late, or windows that never close.
AFTERWARDS = (
    "fund.recall_delay",
    "backstop.trigger_window",
    "backstop.sublimit_window",
    "loss.window",
    "control.breaker_window",
    "exposure.resolution_delay",
    "reinsurance.assessment_delay",
    "reinsurance.dispute_delay",
    "reinsurance.parametric_window",
    "reinsurance.lock_up",
    "choice.epoch",
    "choice.return_wait",
    "provider.cooldown",
    "trader.transfer_delay",
)


def unused(scenario: "Scenario") -> list[str]:
    """Return a line for every chosen list that is longer than its use, time beyond the run, and fund allotted anew."""
    return [*_values(scenario), *_times(scenario), *_allotted_anew(scenario)]


def _allotted_anew(scenario: "Scenario") -> Iterator[str]:
    """Yield funds in USD of which an allotment by losses leaves only the sum."""
    allotment = scenario.backstop.allotment
    if scenario.protocol.fund and allotment != "open_interest":
        yield f"protocol.fund gives the sum alone: backstop.allotment = {allotment} shares it out among the protocols"


def _values(scenario: "Scenario") -> Iterator[str]:
    members, assets = scenario.protocol.number, max(len(asset_names(scenario)), len(scenario.asset.name))
    listings = sum(listing_counts(scenario))
    counts = [(name, members, f"{members} protocols") for name in PER_PROTOCOL]
    counts += [(name, members, f"{members} protocols with {listings} listings") for name in PER_LISTING]
    counts += [("protocol.asset", listings, f"{listings} listings")]
    counts += [(f"asset.{name}", assets, f"{assets} assets") for name in PER_ASSET]
    counts += [(name, assets, f"{assets} assets") for name in PER_ASSET_OF_MARKET]
    for name, count, whose in counts:
        value, default = _value_and_default(scenario, name)
        length = len(value) if isinstance(value, tuple) else 1
        own = name in PER_LISTING and length == listings
        if value != default and length > count and not own:
            yield f"{name} has {length} values for {whose}: the last {length - count} are not used"


def _times(scenario: "Scenario") -> Iterator[str]:
    length = run_minutes(scenario) or math.inf
    for name in AFTERWARDS:
        value, default = _value_and_default(scenario, name)
        if value != default and value > length:
            yield f"{name} = {number(value)} min is longer than the run, {number(length)} min"


def _value_and_default(scenario: "Scenario", name: str) -> tuple[Any, Any]:
    section, field = name.split(".")
    values = getattr(scenario, section)
    return getattr(values, field), type(values).model_fields[field].default
