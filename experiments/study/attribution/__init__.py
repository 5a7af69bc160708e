"""Which change of arrangement does how much of a difference."""
