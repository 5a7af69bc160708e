"""Who provides money: liquidity providers of the vaults, capital providers of the pools."""
