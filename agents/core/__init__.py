"""How agents are data: columns, kernels, ledger, keyed draws, ranks, extremes, registries."""
