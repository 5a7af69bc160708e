"""The commands, one file each; importing one imports nothing heavy."""
