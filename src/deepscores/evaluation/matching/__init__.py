"""Which detection is which object: overlaps, matching, curves."""
