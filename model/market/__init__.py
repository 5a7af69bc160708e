"""The market of a step: prices and depth, orders, liquidations, fees, auctions, controls."""
