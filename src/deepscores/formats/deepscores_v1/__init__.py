"""DeepScores V1: XML annotations and class maps."""
