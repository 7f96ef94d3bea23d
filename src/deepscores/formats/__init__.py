"""Files: what is written for a page, and how it is read back."""
