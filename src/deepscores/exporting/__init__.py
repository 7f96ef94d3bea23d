"""Datasets in the formats that trainers and toolkits read."""
