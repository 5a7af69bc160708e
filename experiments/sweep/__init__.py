"""Sweeps: a design over scenario fields, run in chunks anywhere, stored so that nothing finished is ever lost."""
