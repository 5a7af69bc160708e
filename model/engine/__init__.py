"""The compiled run: the schedule of a step as one piece of machine code."""
