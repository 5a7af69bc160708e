"""Accounts from files: text and Parquet, checked column by column."""
