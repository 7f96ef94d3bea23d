"""How good predictions are: detections, segmentations and classifications against a dataset."""
