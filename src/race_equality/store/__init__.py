"""Tidy figures: their schema, how they are read and written, and where each came from."""
