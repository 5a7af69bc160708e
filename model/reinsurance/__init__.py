"""The market of reinsurance: premiums, underwriting, claims, capital, choice of cover."""
