"""SMuFL music fonts: the names of code points, font files and their metadata."""
