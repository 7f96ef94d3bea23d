"""Music fonts as SMuFL lays them out: what each code point is, and what a font file says."""
