"""Arrangements in which everything that remembers is at work, in worlds with deficits."""

from typing import Any

from model.scenario.registry import CLAIMS, PREMIUMS
from tests.support.world import REGIMES, STRUCTURES

STEPS = 24
POOR: dict[str, Any] = {
    "steps": STEPS,
    "trader.number": 30,
    "backstop.capital_ratio": 1e-4,
    "loss.window": 7.0,
    "trader.reserve": 2,
    "shock.exploit_intensity": 60.0,
    "shock.oracle_intensity": 200.0,
}
DEFAULTS = {
    "backstop.regime": "bad_debt",
    "exposure.graph": "ring",
    "exposure.weight": 2.0,
    "protocol.treasury_ratio": 1e-4,
}
LENT = {"fund.lent_share": 0.6, "fund.recall_haircut": 0.1, "fund.recall_delay": 3.0, "backstop.capital_ratio": 2e-3}
FUNDS = {
    "fund.contribution_rate": (1.0, 5.0),
    "fund.tier_bounds": (1e8,),
    "fund.base_share": 0.5,
    "fund.target_ratio": 3.0,
    "fund.replenishment": 0.5,
}
MARKET = {
    "reinsurance.review": 3.0,
    "reinsurance.charge_all": True,
    "reinsurance.cycle": 10.0,
    "reinsurance.providers": 3,
    "reinsurance.provider_share": 0.4,
    "reinsurance.joining": 0.5,
    "reinsurance.exit_rate": 0.5,
    "reinsurance.lock_up": 2.0,
    "reinsurance.retrocession_share": 0.2,
    "reinsurance.retrocession_attachment": 0.0,
    "reinsurance.retrocession_limit": 1.0,
    "backstop.premium_rate": 2.0,
    "backstop.capital_ratio": 2e-3,
}
CHOICES = {
    "choice.leverage": True,
    "choice.membership": True,
    "choice.epoch": 4.0,
    "choice.retentions": (0.0, 0.5),
    "choice.return_wait": 3.0,
    "choice.refusal_ratio": 1.0,
}
LATE = {
    "reinsurance.assessment_delay": 3.0,
    "reinsurance.dispute_probability": 0.7,
    "reinsurance.dispute_delay": 4.0,
    "backstop.capital_ratio": 2e-3,
}
NERVES = {
    "confidence.panic": True,
    "provider.volatility_sensitivity": 0.1,
    "provider.vaults": 2,
    "provider.cooldown": 3.0,
}
CONTROLS = {
    "control.fee_health": 1.0,
    "control.margin_volatility": 1.0,
    "control.interest_cap": 2.0,
    "control.interest_cap_health": 1.0,
    "control.maintenance_follows": True,
    "control.breaker_move": 0.02,
    "control.breaker_window": 6.0,
    "control.breaker_halt": 2.0,
    "control.partial_fraction": 0.5,
}
PARAMETRIC = {
    "reinsurance.claims": "parametric",
    "reinsurance.parametric_move": 0.01,
    "reinsurance.parametric_exploit": 0.001,
    "reinsurance.parametric_window": 5.0,
    "reinsurance.parametric_wait": 6.0,
    "reinsurance.parametric_payout": 0.05,
}
MAKERS = {"market_maker.number": 3, "market_maker.unwind": 4.0, "market_maker.away": 4.0, "market_maker.longer": 4.0}
BOOKS = {
    "market.books": "venue",
    "market.impact": "latent",
    "market.refill": 110.0,
    "market.depth_exponent": 0.25,
    "market.depth_interest": (1.65, 1.25, 0.3),
    "market.permanent_share": 0.1,
    "market.arbitrage_between": 1.5,
    "market.mark": "blend",
    "market.mark_seconds": 40.0,
    "control.breaker_move": 0.02,
    "control.breaker_window": 6.0,
    "control.breaker_halt": 2.0,
}
OWNERS = {
    "trader.venues_share": 0.9,
    "trader.venues": 3,
    "trader.transfer_delay": 2.0,
    "trader.margin_left": 8.0,
    "trader.long_leverage": 20.0,
    "trader.seasoning": 0.5,
    "trader.top_up_share": 0.8,
    "trader.stop_share": 0.1,
    "trader.wallet_ratio": 0.05,
    "trader.attention": 0.5,
    "trader.alert_attention": 0.9,
}
PLAIN = {
    f"{structure} and {regime}": {"backstop.structure": structure, "backstop.regime": regime}
    for structure, regime in zip((*STRUCTURES, *STRUCTURES), REGIMES, strict=False)
}
PRICED = {
    f"premium {premium}": {"backstop.structure": "pooled", "reinsurance.premium": premium} | MARKET | CHOICES
    for premium in PREMIUMS
}
RICH = {
    "sub-limits in a window": {
        "backstop.structure": "capped", "backstop.sublimit": (0.4,), "backstop.sublimit_window": 5.0,
        "backstop.trigger": "drawdown", "backstop.trigger_window": 6.0, "backstop.trigger_drop": 0.2,
        "backstop.capital_ratio": 5e-3, "exposure.resolution": "recapitalised", "exposure.resolution_delay": 4.0,
    } | DEFAULTS,
    "treaties and lending": {
        "backstop.structure": "reinsured", "backstop.reinstatements": (2.0,), "backstop.premium_rate": 2.0,
        "backstop.retention": (0.0,), "backstop.limit": (0.2,),
    } | LENT | FUNDS,
    "calls that take time": {
        "backstop.structure": "mutual", "backstop.trigger": "whole", "exposure.resolution": "dead",
        "reinsurance.assessment_delay": 3.0,
    } | DEFAULTS | {"protocol.treasury_ratio": 1e-3},
    "late claims": {"backstop.structure": "clustered"} | LATE | MARKET | CHOICES | NERVES,
    "late claims and torn-up protocols": {
        "backstop.structure": "pooled", "exposure.resolution": "dead", "backstop.vault_cover": "none",
    } | LATE | DEFAULTS,
    "claims that lapse": {"backstop.structure": "pooled", "backstop.regime": "equity_haircut"} | LATE,
    "parametric": {"backstop.structure": "pooled"} | PARAMETRIC | MARKET,
    "recalls at once": {"backstop.structure": "partial"} | LENT | {"fund.recall_delay": 0.0} | FUNDS,
    "controls": {"backstop.structure": "isolated", "loss.fallback": "adl", "loss.close_price": "previous_mark"}
    | CONTROLS | NERVES,
    "value funds and closed vaults": {
        "value_fund.number": 2, "protocol.vault_closure": "deleverage", "protocol.vault_ratio": 2e-4,
        "backstop.regime": "adl", "loss.ranking": "random",
    },
    "several listings with cross margin": {
        "backstop.structure": "clustered", "protocol.listings": (2, 1, 2), "trader.cross_share": 0.6,
        "control.takeover": 0.5, "control.takeover_cap": 0.1, "exposure.resolution": "recapitalised",
    } | LATE | MARKET | CHOICES,
    "owners at several venues": {
        "backstop.structure": "isolated", "protocol.listings": (2, 1, 2), "trader.cross_share": 0.5,
        "exposure.resolution": "recapitalised", "exposure.resolution_delay": 4.0,
    } | DEFAULTS | OWNERS,
    "a book at each venue": {
        "backstop.structure": "partial", "protocol.listings": (2, 1, 2),
    } | BOOKS,
    "market makers": {
        "backstop.structure": "isolated", "protocol.listings": (2, 1, 2), "exposure.resolution": "dead",
    } | DEFAULTS | BOOKS | MAKERS,
    "parts of own funds": {
        "backstop.structure": "mutual", "protocol.listings": (2, 1, 2), "backstop.cover": "both",
        "backstop.common_share": 0.3, "exposure.resolution": "recapitalised", "exposure.resolution_delay": 4.0,
        "backstop.capital_ratio": 2e-3,
    } | DEFAULTS,
    "a closing sequence": {
        "backstop.structure": "pooled", "backstop.regime": "adl", "exchange.closing": "fund_first",
        "exchange.engine": "venue", "backstop.takeover_multiple": 2.0, "backstop.capital_ratio": 2e-3,
        "protocol.listings": (2, 1, 2), "trader.cross_share": 0.5, "control.partial_fraction": 0.5,
        "exposure.resolution": "dead",
    } | DEFAULTS | {"backstop.regime": "adl", "backstop.capital_ratio": 1e-3},
    "a closing sequence in books of their own with makers": {
        "backstop.structure": "reinsured", "backstop.regime": "adl", "exchange.closing": "fund_first",
        "exchange.engine": "venue", "market.books": "venue", "market.impact": "latent", "market.refill": 60.0,
        "market.mark": "blend", "market.mark_seconds": 30.0, "market_maker.number": 2, "trader.cross_share": 0.5,
        "market.depth_interest": (0.5,), "protocol.listings": (2, 1, 2), "backstop.unloading": 3.0,
    },
    "winners before the backstop": {
        "backstop.structure": "mutual", "exchange.closing": "adl_first", "loss.ranking": "random",
        "exposure.resolution": "dead",
    } | DEFAULTS,
    "squeezes and outages of whole venues": {
        "backstop.structure": "pooled", "protocol.listings": (2, 1, 2), "shock.squeeze_intensity": 100.0,
        "shock.outage_intensity": 100.0, "shock.outage_whole": True, "shock.intensity": 2.0,
    },
    "choices under controls": {"backstop.structure": "pooled"} | MARKET | CHOICES | CONTROLS,
}  # fmt: skip
OWN = {
    "backstop.structure": "tiring", "backstop.regime": "grudge", "backstop.trigger": "every_other",
    "reinsurance.premium": "climbing", "reinsurance.claims": "counting",
} | MARKET  # fmt: skip
"""Choices of tests.support.remembering, once a test has registered them."""
assert set(CLAIMS) <= {"indemnity", "parametric"}, "a new way to claim needs an arrangement"

ARRANGEMENTS: dict[str, dict[str, Any]] = {name: POOR | own for name, own in (PLAIN | PRICED | RICH).items()}
