"""Parquet for Hugging Face datasets."""
