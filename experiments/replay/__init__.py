"""A replay of recorded auto-deleveraging: what each rule would have taken, and what a fund would have needed."""
