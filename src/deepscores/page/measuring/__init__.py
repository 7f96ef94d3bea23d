"""What a picture of a page tells of itself: the distance of its staff lines, its light."""
