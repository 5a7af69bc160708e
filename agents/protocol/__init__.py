"""The protocol as a balance sheet: treasury, contributions, lending, learning, confidence."""
