"""Rare events: probabilities near 1e-4 from some thousand runs, by importance sampling (`backstop rare`).

Multilevel splitting, which needs no scores to tilt, is here as functions only: :mod:`experiments.study.rare.splitting`.
"""
