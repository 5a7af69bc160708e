"""Accounts of traders and funds at a venue, and the position each holds."""
