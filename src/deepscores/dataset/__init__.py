"""A dataset on the disk: its layout, tables and pictures, written and read. No engraver is needed."""

from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset

__all__ = ["Dataset", "DatasetPage", "open_dataset"]
