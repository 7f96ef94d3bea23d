"""A dataset on the disk: its layout, tables and pictures. No engraver is imported."""

from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset

__all__ = ["Dataset", "DatasetPage", "open_dataset"]
