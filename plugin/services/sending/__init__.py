"""Sending LINE messages: planned, filled, delivered once, reported."""
