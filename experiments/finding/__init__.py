"""The findings that README and docs quote: measured by one command, judged by their intervals, written to one page."""
