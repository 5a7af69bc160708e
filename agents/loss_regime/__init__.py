"""Loss regimes: who pays the residual. One class in one file each; a new one is one line here."""

from agents.registry import Registry

REGIMES = Registry(
    "regime",
    {
        "socialized_loss": "agents.loss_regime.socialized:SocializedLoss",
        "adl": "agents.loss_regime.deleveraging:AutoDeleveraging",
        "lp_absorbs": "agents.loss_regime.liquidity:LiquidityAbsorbs",
        "bad_debt": "agents.loss_regime.unpaid:BadDebt",
    },
)
