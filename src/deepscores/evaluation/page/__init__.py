"""The page that shows an evaluation."""
