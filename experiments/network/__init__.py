"""The exposure network of a scenario, told to a user."""
