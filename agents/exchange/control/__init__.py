"""Dynamic risk controls: what a venue tightens, halts or takes over before a loss reaches its fund."""
