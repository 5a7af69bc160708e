"""Backstop structures: who holds the capital. A new one is a class and one line of the registry."""
