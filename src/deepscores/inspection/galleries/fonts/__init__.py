"""Fonts to choose from: what each holds, and one passage of music in all of them."""
