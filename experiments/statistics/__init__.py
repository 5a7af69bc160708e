"""Estimates, intervals and tests, and the metrics that are shown first."""
