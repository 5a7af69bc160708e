"""Backstop structures: who holds the capital. One class in one file each; a new one is one line here."""
