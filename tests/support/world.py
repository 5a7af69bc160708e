"""Small scenarios that several tests run."""

from typing import Any

from model.ecosystem import Ecosystem
from model.scenario import Scenario
from model.scenario.registry import REGIMES as LOSS_REGIMES
from model.scenario.registry import STRUCTURES as BACKSTOP_STRUCTURES

STRUCTURES = tuple(BACKSTOP_STRUCTURES)
REGIMES = tuple(LOSS_REGIMES)

SMALL: dict[str, Any] = {
    "price.process": "gbm",
    "trader.number": 40,
    "steps": 40,
    "protocol.number": 3,
    "protocol.listings": (1,),
    "provider.number": 3,
}
CRASH: dict[str, Any] = SMALL | {
    "price.process": "jump_diffusion",
    "price.jump_intensity": 200.0,
    "price.jump_mean": -4.0,
    "shock.exploit_intensity": 5.0,
    "shock.exploit_share": 0.01,
    "shock.oracle_intensity": 20.0,
    "trader.alert_attention": 0.3,
    "trader.attention": 0.1,
}


def small(**changes: Any) -> Scenario:
    """Return a calm scenario of 3 protocols with 40 traders each; names with ``__`` for dots."""
    return Scenario().replace(SMALL | dotted(changes))


def crash(**changes: Any) -> Scenario:
    """Return a small scenario in which prices jump down several times an hour."""
    return Scenario().replace(CRASH | dotted(changes))


def dotted(changes: dict[str, Any]) -> dict[str, Any]:
    """Return keyword names as dotted names."""
    return {name.replace("__", "."): value for name, value in changes.items()}


def run(scenario: Scenario, replication: int = 0) -> Ecosystem:
    """Return a finished run."""
    ecosystem = Ecosystem(scenario, replication)
    ecosystem.run_for(ecosystem.horizon)
    return ecosystem
