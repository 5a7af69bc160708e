"""Named episodes next to the record: recorded facts, draws on funds and vaults, and what simulated ones give."""
