"""Commands that run a study, one a file."""
