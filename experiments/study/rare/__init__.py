"""Probabilities of rare losses, by importance sampling and by splitting."""
