"""What figures are taken over: groups of pages, resampled works, predictions that are missing."""
