"""WebDataset: tar shards for streaming."""
