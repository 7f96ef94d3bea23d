"""Label sets, and what follows from them: masks, run lengths, patches, polygons."""
