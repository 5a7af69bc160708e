"""Fundamental prices: random streams, the tape of shocks, processes, recorded prices."""
