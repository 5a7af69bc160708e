"""Fitting price processes to recorded moments."""
