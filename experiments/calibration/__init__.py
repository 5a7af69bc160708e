"""Calibration by the method of simulated moments: what is free, what is matched, how well."""
