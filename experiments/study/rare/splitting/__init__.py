"""Rare events by multilevel splitting: runs that come near the event are branched."""
