"""A web viewer of one dataset, for the person at this machine alone."""
