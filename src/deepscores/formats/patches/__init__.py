"""Pictures of single objects in class folders, and as the paper published them."""
