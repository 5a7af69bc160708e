"""Triggers: when a deficit is kept from the funds. One class in one file each; a new one is one line here."""

from agents.registry import Registry

TRIGGERS = Registry(
    "trigger",
    {
        "exhausted": "agents.trigger.exhausted:Exhausted",
        "drawdown": "agents.trigger.drawdown:Drawdown",
        "whole": "agents.trigger.whole:Whole",
    },
)
