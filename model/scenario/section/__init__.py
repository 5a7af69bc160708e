"""The sections of a scenario: every parameter with its unit, bounds and source."""
