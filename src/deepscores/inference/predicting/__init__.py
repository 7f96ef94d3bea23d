"""Predicting on pictures, PDFs, folders and datasets with a trained model, without PyTorch."""
