"""Outlines: closed contours with curves flattened, as float64 arrays of directed edges (n, 4)."""
