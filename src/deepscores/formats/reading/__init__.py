"""What readers of formats share: sources, pages, masks, splits, findings."""
