"""Pictures of every class and of every font."""
