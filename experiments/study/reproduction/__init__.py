"""Runs of any study made again from its folder alone, and compared bit for bit."""
