"""How good a model's output is: detections, masks and patch labels against a dataset's truth."""
