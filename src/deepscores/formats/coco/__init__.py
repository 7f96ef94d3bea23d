"""COCO JSON, and DeepScoresV2's, which is read alike."""
