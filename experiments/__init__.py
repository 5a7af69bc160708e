"""What is done with the model: comparisons, statistics, figures, benchmark and command line."""

from experiments.place import claim

claim()
