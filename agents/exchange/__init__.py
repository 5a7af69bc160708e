"""The exchange: margin engine, keepers, insurance fund rule and controls."""
