"""What is checked of a whole scenario: what fits together, what does nothing, what is alike, what a run needs."""
