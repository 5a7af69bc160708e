"""Premium rules: what a pot asks of its members. One class in one file each; a new one is one line here."""
