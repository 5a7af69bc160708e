"""What is done with the model: comparisons, statistics, figures, benchmark and command line."""

from experiments.run.import_path import claim

claim()
