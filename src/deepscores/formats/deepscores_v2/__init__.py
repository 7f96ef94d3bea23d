"""DeepScoresV2 JSON: boxes, oriented boxes, class and instance maps."""
