"""A report of a result folder: page, vector figures, tables for print, and how it was done."""
