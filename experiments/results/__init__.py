"""What is left: finished runs, folders, Parquet, provenance."""
