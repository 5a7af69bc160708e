"""Reading recorded prices from files: text and Parquet, checked row by row."""
