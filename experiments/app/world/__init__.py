"""The two worlds of the page, their traces and snapshots."""
