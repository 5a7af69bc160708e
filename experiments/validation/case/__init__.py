"""Cases of a file put to the functions of a run: inputs and published outputs, by topic."""
