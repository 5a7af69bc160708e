"""Probabilities of rare losses by importance sampling."""
