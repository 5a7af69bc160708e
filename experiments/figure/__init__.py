"""The figures of a comparison, one file each; each is a function from results to a matplotlib figure."""
