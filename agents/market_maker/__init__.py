"""Market makers: they quote in every book, hold what they take, and leave all of them at their loss limit."""
