"""What the page reads of result folders."""
