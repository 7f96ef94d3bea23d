"""MuNG: Music Notation Graphs."""
