"""Options and help of each command; what it does is imported when it runs."""
