"""Premium rules: what a pool asks of its members. A new one is a class and one line of the registry."""
