"""How claims are settled: one class in one file each; a new one is one line here."""

from agents.registry import Registry

CLAIMS = Registry(
    "claims",
    {
        "indemnity": "agents.claim.indemnity:Indemnity",
        "parametric": "agents.claim.parametric:Parametric",
    },
)
