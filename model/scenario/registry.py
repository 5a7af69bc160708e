"""Every choice by name: one line registers a structure, a regime, a rule, a process or a graph.

A choice is ``"module:name"``, imported when it is first used: the names are needed to check a configuration, the
classes are not. A new choice is one short file and one line here.
"""

from typing import NamedTuple

from agents.core.registry import Registry

STRUCTURES = Registry(
    "structure",
    {
        "none": "model.backstop.structure.share:NoBackstop",
        "isolated": "model.backstop.structure.share:Isolated",
        "pooled": "model.backstop.structure.share:Pooled",
        "partial": "model.backstop.structure.share:Partial",
        "capped": "model.backstop.structure.capped:Capped",
        "clustered": "model.backstop.structure.clustered:Clustered",
        "reinsured": "model.backstop.structure.reinsured:Reinsured",
        "mutual": "model.backstop.structure.mutual:Mutual",
    },
)

TRIGGERS = Registry(
    "trigger",
    {
        "exhausted": "model.backstop.trigger.exhausted:Exhausted",
        "drawdown": "model.backstop.trigger.drawdown:Drawdown",
        "whole": "model.backstop.trigger.whole:Whole",
    },
)

REGIMES = Registry(
    "regime",
    {
        "socialized_loss": "model.backstop.loss_regime.socialized:SocializedLoss",
        "equity_haircut": "model.backstop.loss_regime.equity:EquityHaircut",
        "adl": "model.backstop.loss_regime.deleveraging:AutoDeleveraging",
        "clawback": "model.backstop.loss_regime.profit_window:Clawback",
        "lp_absorbs": "model.backstop.loss_regime.liquidity:LiquidityAbsorbs",
        "funding_levy": "model.backstop.loss_regime.levy:FundingLevy",
        "variation_margin_haircut": "model.backstop.loss_regime.variation:VariationMarginHaircut",
        "tear_up": "model.backstop.loss_regime.termination:TearUp",
        "withdrawal_factor": "model.backstop.loss_regime.withdrawal:WithdrawalFactor",
        "frozen_debt": "model.backstop.loss_regime.frozen:FrozenDebt",
        "depositor_haircut": "model.backstop.loss_regime.deposits:DepositorHaircut",
        "bad_debt": "model.backstop.loss_regime.unpaid:BadDebt",
    },
)

RANKINGS = Registry(
    "ranking",
    {
        "bitmex": "model.backstop.loss_regime.score:bitmex",
        "okx": "model.backstop.loss_regime.score:okx",
        "hyperliquid": "model.backstop.loss_regime.score:hyperliquid",
        "notional_profit": "model.backstop.loss_regime.score:notional_profit",
        "position": "model.backstop.loss_regime.score:position",
        "profit": "model.backstop.loss_regime.score:profit",
        "equity": "model.backstop.loss_regime.score:equity",
        "random": "model.backstop.loss_regime.score:lot",
        "pro_rata_position": "model.backstop.loss_regime.score:pro_rata_position",
        "pro_rata_profit": "model.backstop.loss_regime.score:pro_rata_profit",
        "pro_rata_equity": "model.backstop.loss_regime.score:pro_rata_equity",
        "capped": "model.backstop.loss_regime.score:capped",
        "min_fraction": "model.backstop.loss_regime.score:min_fraction",
    },
)

SETTLEMENTS = Registry(
    "settlement",
    {
        "pro_rata": "model.backstop.pool:pro_rata",
        "first_come": "model.backstop.pool:first_come",
        "entitlement_first": "model.backstop.pool:entitlement_first",
    },
)

CLAIMS = Registry(
    "claims",
    {
        "indemnity": "model.reinsurance.claim.indemnity:Indemnity",
        "parametric": "model.reinsurance.claim.parametric:Parametric",
    },
)

PREMIUMS = Registry(
    "premium",
    {
        "flat": "model.reinsurance.premium.rule:Flat",
        "expected_loss": "model.reinsurance.premium.rule:ExpectedLoss",
        "shortfall": "model.reinsurance.premium.rule:Shortfall",
        "experience": "model.reinsurance.premium.rule:Experience",
        "risk_based": "model.reinsurance.premium.rule:RiskBased",
        "vote": "model.reinsurance.premium.rule:Vote",
    },
)

GRAPHS = Registry(
    "graph",
    {
        "none": "model.network.exposures:none",
        "ring": "model.network.exposures:ring",
        "complete": "model.network.exposures:complete",
        "blocks": "model.network.exposures:blocks",
        "erdos_renyi": "model.network.exposures:erdos_renyi",
        "core_periphery": "model.network.exposures:core_periphery",
        "star": "model.network.exposures:star",
        "scale_free": "model.network.exposures:scale_free",
        "netted": "model.network.exposures:netted",
        "file": "model.network.exposures:file",
    },
)
RESERVING = frozenset({"entitlement_first"})
"""Settlements under which nobody draws what another contributed."""
CLOSE_PRICES = ("bankruptcy", "mark", "previous_mark")
"""Prices at which auto-deleveraging closes."""


class Registration(NamedTuple):
    """Where a process lives, and where its assets and its natural length come from."""

    module: str
    kind: str
    origin: str
    needs_files: bool = False


PROCESSES = {
    "gbm": Registration("model.price.process.gbm", "GeometricBrownianMotion", "declared"),
    "garch": Registration("model.price.process.garch", "Garch", "declared"),
    "jump_diffusion": Registration("model.price.process.jump_diffusion", "JumpDiffusion", "declared"),
    "noise_demand": Registration("model.price.process.noise_demand", "NoiseDemand", "declared"),
    "stochastic_volatility": Registration(
        "model.price.process.stochastic_volatility", "StochasticVolatility", "declared"
    ),
    "bootstrap": Registration("model.price.process.bootstrap", "Bootstrap", "files", needs_files=True),
    "replay": Registration("model.price.process.replay", "Replay", "files", needs_files=True),
    "episode": Registration("model.price.process.episode", "EpisodePrice", "episode"),
}
