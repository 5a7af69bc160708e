"""Charts: from a snapshot to what ECharts draws, one kind to a file; plain dictionaries, no browser needed."""
