"""Plans of the paper's sweeps."""
