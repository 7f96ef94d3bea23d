"""Model files, and predictions with them."""
