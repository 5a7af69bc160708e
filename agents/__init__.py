"""Who decides: traders, liquidity providers, keepers, exchanges, protocols, the reinsurer, and the money they move.

Nothing here imports :mod:`model`; imports run ``agents`` ← ``model`` ← ``experiments``.
"""
