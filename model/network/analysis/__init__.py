"""Measures of a network that runs do not need: DebtRank, centrality, amplification, cross-holdings."""
