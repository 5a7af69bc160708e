"""Loss regimes: who pays the residual. One class in one file each; a new one is one line here.

The pure functions of this chapter (``socialized_loss``, ``capped_pro_rata``, ``adl_score``, ``adl_close``,
``clawback_rate``) are importable from here; the regimes go by the same ones.
"""

from importlib import import_module
from typing import Any

from agents.registry import Registry

REGIMES = Registry(
    "regime",
    {
        "socialized_loss": "agents.loss_regime.socialized:SocializedLoss",
        "equity_haircut": "agents.loss_regime.equity:EquityHaircut",
        "adl": "agents.loss_regime.deleveraging:AutoDeleveraging",
        "clawback": "agents.loss_regime.profit_window:Clawback",
        "lp_absorbs": "agents.loss_regime.liquidity:LiquidityAbsorbs",
        "funding_levy": "agents.loss_regime.levy:FundingLevy",
        "variation_margin_haircut": "agents.loss_regime.variation:VariationMarginHaircut",
        "tear_up": "agents.loss_regime.termination:TearUp",
        "withdrawal_factor": "agents.loss_regime.withdrawal:WithdrawalFactor",
        "frozen_debt": "agents.loss_regime.frozen:FrozenDebt",
        "bad_debt": "agents.loss_regime.unpaid:BadDebt",
    },
)

FUNCTIONS = {
    "socialized_loss": "agents.loss_regime.allocation",
    "capped_pro_rata": "agents.loss_regime.allocation",
    "clawback_rate": "agents.loss_regime.allocation",
    "adl_close": "agents.loss_regime.allocation",
    "adl_score": "agents.loss_regime.score",
}


def __getattr__(name: str) -> Any:
    """Return one of ``FUNCTIONS``, imported on first use."""
    if name not in FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(FUNCTIONS[name]), name)
