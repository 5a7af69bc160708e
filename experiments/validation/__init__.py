"""The validation suite: published results next to what the model's own functions give, claim by claim."""
