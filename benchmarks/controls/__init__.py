"""Other methods of finding symbols, evaluated like the baselines, for comparison."""
