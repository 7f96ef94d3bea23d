"""Import datasets in other formats."""
