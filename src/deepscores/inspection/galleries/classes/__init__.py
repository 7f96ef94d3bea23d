"""A zoo of small scores that make every class of the built-in label sets."""
