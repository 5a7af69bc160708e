"""The findings of docs/findings.md."""
