"""What exporters of formats share: images, lists, compact JSON, colours, families of classes."""
