"""What happens to a page between the plate and the picture, as vectors."""
