"""Who trades with leverage: traders and their strategies, and value-investing funds."""
