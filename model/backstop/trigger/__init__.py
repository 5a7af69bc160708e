"""Triggers: when a deficit is kept from the funds. One class in one file each; a new one is one line here."""
