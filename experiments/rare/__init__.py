"""Rare events: probabilities near 1e-4 from some thousand runs, by importance sampling and by multilevel splitting."""
