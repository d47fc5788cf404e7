"""Rows of pictures, videos and files that are kept for messages."""
