"""The browser app: two arrangements live side by side on the same shocks; importing this imports nothing heavy."""
