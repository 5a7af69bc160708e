"""Sizing: how much backstop capital a target probability asks for, and what joining a pool would save or risk."""
