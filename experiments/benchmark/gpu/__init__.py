"""The compiled schedule on an NVIDIA GPU: an experiment, not a backend."""
