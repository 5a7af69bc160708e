"""A visitor's session: configuration, limits, uploads, player, scenes."""
