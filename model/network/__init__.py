"""Debts between protocols: who owes whom, default clearing, contagion, resolution."""
