"""Who bears a loss, and in which order: waterfall, funds, structures, triggers, loss regimes."""
