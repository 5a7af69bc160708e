"""How large funds and pools have to be."""
