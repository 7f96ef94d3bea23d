"""YOLO: boxes, polygons and oriented boxes as lines of text."""
