"""Training of patch classifiers."""
