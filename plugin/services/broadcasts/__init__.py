"""Broadcasts: an audience frozen into rows, and a message to each of them exactly once."""
