"""What is done with the model: comparisons, statistics, figures, benchmark and command line."""
