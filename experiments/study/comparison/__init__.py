"""Comparing arrangements in the same worlds."""
