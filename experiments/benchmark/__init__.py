"""Speed of steps, loss regimes, sweeps and reference implementations."""
