"""What a run reports: series, summary, burdens and measures of risk."""
