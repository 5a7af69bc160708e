"""Settlement rules: how a pot too small for its claims divides itself. One pure function each, in :mod:`agents.pot`."""

from agents.registry import Registry

SETTLEMENTS = Registry(
    "settlement",
    {
        "pro_rata": "agents.pot:pro_rata",
        "first_come": "agents.pot:first_come",
        "entitlement_first": "agents.pot:entitlement_first",
    },
)
RESERVING = frozenset({"entitlement_first"})  # rules under which nobody draws what another contributed
