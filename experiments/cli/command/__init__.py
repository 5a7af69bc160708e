"""What each command is asked: its options and its help; what it does is loaded when it runs."""
