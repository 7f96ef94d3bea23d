"""A report of a dataset: the paper's tables and figures, and more, on one page."""
