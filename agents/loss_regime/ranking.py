"""Rankings of auto-deleveraging: in which order, or in what proportion, winners are closed. A new one is one line here.

The rules are in :mod:`agents.loss_regime.score`.
"""

from agents.registry import Registry

RANKINGS = Registry(
    "ranking",
    {
        "bitmex": "agents.loss_regime.score:bitmex",
        "okx": "agents.loss_regime.score:okx",
        "hyperliquid": "agents.loss_regime.score:hyperliquid",
        "notional_profit": "agents.loss_regime.score:notional_profit",
        "position": "agents.loss_regime.score:position",
        "profit": "agents.loss_regime.score:profit",
        "equity": "agents.loss_regime.score:equity",
        "random": "agents.loss_regime.score:lot",
        "pro_rata_position": "agents.loss_regime.score:pro_rata_position",
        "pro_rata_profit": "agents.loss_regime.score:pro_rata_profit",
        "pro_rata_equity": "agents.loss_regime.score:pro_rata_equity",
        "capped": "agents.loss_regime.score:capped",
        "min_fraction": "agents.loss_regime.score:min_fraction",
    },
)
CLOSE_PRICES = ("bankruptcy", "mark", "previous_mark")
