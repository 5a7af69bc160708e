"""Sensitivity of a metric to the fields of a sweep."""
