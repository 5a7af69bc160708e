"""The state at the start of a run, and the constants of its phases."""
