"""Backstop structures: who holds the capital. One class in one file each; a new one is one line here."""

from agents.registry import Registry

STRUCTURES = Registry(
    "structure",
    {
        "none": "agents.structure.none:NoBackstop",
        "isolated": "agents.structure.isolated:Isolated",
        "pooled": "agents.structure.pooled:Pooled",
        "partial": "agents.structure.partial:Partial",
        "capped": "agents.structure.capped:Capped",
        "clustered": "agents.structure.clustered:Clustered",
        "reinsured": "agents.structure.reinsured:Reinsured",
        "mutual": "agents.structure.mutual:Mutual",
    },
)
