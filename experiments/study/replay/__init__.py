"""Replay of a recorded wave of liquidations."""
