"""What a trained model is outside PyTorch: its file, and what goes in and comes out, in NumPy."""
