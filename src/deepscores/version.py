"""The version of the package; a dataset records which one made it."""

__version__ = "0.1.0"
