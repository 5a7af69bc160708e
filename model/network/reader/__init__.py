"""Reading networks from files: edge lists, GraphML, GEXF, GML, Pajek."""
