"""The network of exposures in simulated worlds."""
