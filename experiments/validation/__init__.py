"""The validation suite: published results beside what the model's own functions give, claim by claim."""
