"""The reinsurer: a shared pool, its treaties and premiums."""
