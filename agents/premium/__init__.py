"""Premium rules: what a pot asks of its members. One class in one file each; a new one is one line here."""

from agents.registry import Registry

PREMIUMS = Registry(
    "premium",
    {
        "flat": "agents.premium.flat:Flat",
        "expected_loss": "agents.premium.expected_loss:ExpectedLoss",
        "shortfall": "agents.premium.shortfall:Shortfall",
        "experience": "agents.premium.experience:Experience",
        "risk_based": "agents.premium.risk_based:RiskBased",
        "vote": "agents.premium.vote:Vote",
    },
)
