"""The views of the page, one to a file: live, details, explore, learn."""
