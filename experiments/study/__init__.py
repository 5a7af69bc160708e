"""The studies, one folder each: run, answer, table, figure."""
