"""Statistics of a whole dataset, worked out without loading its symbol table."""
