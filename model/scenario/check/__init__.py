"""Checks of a whole scenario: what does not fit, has no effect or is alike, and what a run needs."""
