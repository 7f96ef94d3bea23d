"""Runs that can be resumed: the folder that a run claims, and files that are whole or absent."""
