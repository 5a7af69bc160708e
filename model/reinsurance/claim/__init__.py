"""How claims are settled: one class in one file each; a new one is one line here."""
