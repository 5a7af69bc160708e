"""Maps and frontiers over two parameters."""
